/** The schema of what a run of a logistic head adds: how it was chosen, its learning curve, and doubtful labels. */

import { z } from 'zod';

const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);

/** `head` in run.json. */
export const headSchema = z.object({
  /** Inverse strength of the L2 penalty, as scikit-learn's C, chosen by the held-out loss. */
  c: z.number().positive(),
  /** What logits are multiplied by, so that confidences fit the held-out accuracy: 1 / temperature. */
  scale: z.number().positive(),
  /** On training images, each predicted by a head that was not trained on it; calibrated. */
  heldOut: z.object({ images: count, loss: z.number(), accuracy: share }),
  /** One per penalty that was tried, rising. */
  path: z.array(
    z.object({
      c: z.number().positive(),
      /** On the images that the heads were trained on. */
      loss: z.number(),
      accuracy: share,
      heldOutLoss: z.number(),
      heldOutAccuracy: share,
      seconds: z.number().nonnegative(),
    }),
  ),
  curve: z.object({
    /** Held-out accuracy of heads trained on parts of the images, from few images to all. */
    points: z.array(z.object({ images: z.number().positive(), accuracy: share })),
    /** The gain in accuracy that four times the images would bring, with an 80% interval; null if it is unknown. */
    gain: z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
    /** What follows from it, in one sentence. */
    conclusion: z.string(),
  }),
});

/** A line of `suspects.jsonl`: an image whose label is doubtful. Training images first, the most doubtful of a split first. */
export const suspectSchema = z.object({
  /** Relative to the data's root, with `/`. */
  path: z.string(),
  split: z.enum(['train', 'validation']),
  label: z.string(),
  /** The class that fits better. */
  suggested: z.string(),
  /** The probability of `suggested`, and of the label, by a network that was not trained on the image. */
  probability: share,
  labelProbability: share,
  /**
   * Whether confident learning counts it among the label errors, and the suggested class is more probable than all
   * others together; the rest are only predicted differently.
   */
  confident: z.boolean(),
});

export type HeadRecord = z.infer<typeof headSchema>;
export type SuspectRecord = z.infer<typeof suspectSchema>;
