/** "10 GB (maximum uncompressed image size, including all layers)" (docs: gettingstarted-limits) */
export const IMAGE_BYTES_MAX = 10 * 1024 ** 3;
/** our own bounds: an archive is not trusted */
export const IMAGE_ENTRIES_MAX = 1_000_000;
export const LAYERS_MAX = 127;
export const MANIFEST_BYTES_MAX = 4 * 1024 ** 2;
export const NAMES_MAX = 16;
/** of extended headers and long names inside a tar */
export const TAR_HEADER_BYTES_MAX = 1024 ** 2;
export const LINKS_FOLLOWED_MAX = 40;
