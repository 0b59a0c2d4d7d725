// VGG16's convolutions (float16, torchvision) and a 200-class head: numbers only.
export {};
