/** Views of an image that an evaluation can average: the image; with its mirror image; both also moved, two ways. */
export const VIEWS = [1, 2, 6] as const;
export type Views = (typeof VIEWS)[number];
