import type { Service } from '#kernel/service.ts';
import { logs } from '#services/logs/index.ts';
import { s3 } from '#services/s3/index.ts';
import { ses, sesv2 } from '#services/ses/index.ts';

/** Every service of this program. One line each, in alphabetical order. */
export const services: readonly Service<any>[] = [logs, s3, ses, sesv2];
