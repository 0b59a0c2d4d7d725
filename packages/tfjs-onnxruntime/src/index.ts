// A TensorFlow.js backend on ONNX Runtime, and compile(): a whole training step as one ONNX session.
export {};
