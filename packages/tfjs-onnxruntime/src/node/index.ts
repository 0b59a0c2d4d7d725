/**
 * TensorFlow.js for programs that come from `@tensorflow/tfjs-node`: all of `@tensorflow/tfjs` on this package's backend,
 * with `file://` models, `tf.io.fileSystem`, `tf.node` and the progress bar of `fit`. See docs/from-tfjs-node.md.
 */

import * as tfjs from '@tensorflow/tfjs';
import { BACKEND } from '../backend/register.ts';
import { fileSystem, nodeHTTPRequest, registerFileHandlers } from './file-system.ts';
import { decodeBmp, decodeGif, decodeImage, decodeJpeg, decodePng, encodeJpeg, encodePng } from './images.ts';
import { ProgressBar } from './progress-bar.ts';
import { getMetaGraphsFromSavedModel, getNumOfSavedModels, loadSavedModel } from './saved-model.ts';
import { summaryFileWriter, tensorBoard } from './tensor-board.ts';

export * from '@tensorflow/tfjs';
export { type Compiled, type CompileOptions, compile, type SessionMemory, SightlineError } from '../index.ts';

/** TensorFlow.js' `io`, `fileSystem` and `nodeHTTPRequest`. */
export const io = { ...tfjs.io, fileSystem, nodeHTTPRequest };

/** The types that `tfjs.io` has. */
export declare namespace io {
  type IOHandler = tfjs.io.IOHandler;
  type LoadOptions = tfjs.io.LoadOptions;
  type ModelArtifacts = tfjs.io.ModelArtifacts;
  type ModelArtifactsInfo = tfjs.io.ModelArtifactsInfo;
  type ModelJSON = tfjs.io.ModelJSON;
  type SaveConfig = tfjs.io.SaveConfig;
  type SaveResult = tfjs.io.SaveResult;
  type WeightsManifestConfig = tfjs.io.WeightsManifestConfig;
  type WeightsManifestEntry = tfjs.io.WeightsManifestEntry;
}

/** What tfjs-node has under this name; SavedModels are refused. */
export const node = {
  decodeBmp,
  decodeGif,
  decodeImage,
  decodeJpeg,
  decodePng,
  encodeJpeg,
  encodePng,
  getMetaGraphsFromSavedModel,
  getNumOfSavedModels,
  loadSavedModel,
  summaryFileWriter,
  tensorBoard,
};

registerFileHandlers();
tfjs.registerCallbackConstructor(1, ProgressBar);
tfjs.setBackend(BACKEND);
