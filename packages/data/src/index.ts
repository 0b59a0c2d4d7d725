// Images to batches: folders of photographs, fast decoding, caching and augmentation as Keras does it.
export {};
