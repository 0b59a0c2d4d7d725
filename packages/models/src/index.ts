// Networks, the training loop, evaluation, saving and export of image classifiers in TensorFlow.js.
export {};
