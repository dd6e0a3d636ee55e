/** An image that cannot be loaded or used, in words for the person who brought it. */
export class ImageRefused extends Error {}
