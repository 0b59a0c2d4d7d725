// VGG16 as an ONNX Runtime session: features, the five most probable classes, the layer table.
export {};
