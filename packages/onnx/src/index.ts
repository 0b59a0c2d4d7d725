// The ONNX format as TypeScript values: build a graph, check it, encode, decode and print it.
export {};
