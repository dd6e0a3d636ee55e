import type { Service } from '#kernel/service.ts';

/** Every service of this program. One line each, in alphabetical order. */
export const services: readonly Service<any>[] = [];
