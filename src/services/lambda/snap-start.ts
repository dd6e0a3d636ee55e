import { invalidParameter, notOffered } from './errors.ts';

/** Runtimes that have it on AWS (developer guide, "Improving startup performance with Lambda SnapStart", 2026-11). */
const SUPPORTED = /^(java(1[1-9]|[2-9]\d)|python3\.(1[2-9]|[2-9]\d)|dotnet([89]|[1-9]\d))(\.|$)/;

/**
 * SnapStart resumes any number of environments from one initialisation and calls hooks around that. Environments here are
 * initialised one by one, so to accept it would be to store it: provisioned concurrency is what shortens starts.
 */
export function checkSnapStart(applyOn: string | undefined, runtime: string | undefined): void {
  if (applyOn !== 'PublishedVersions') return;
  if (runtime === undefined || !SUPPORTED.test(runtime)) {
    throw invalidParameter(`${runtime ?? 'Image'} is not supported for SnapStart enabled functions.`);
  }
  throw notOffered('SnapStart (provisioned concurrency initialises ahead)');
}
