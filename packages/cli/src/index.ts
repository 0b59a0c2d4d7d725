// The `sightline` command: train, classify, evaluate and report on folders of images.
export {};
