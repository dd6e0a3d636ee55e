// Whether the machine's processors have room: more sandboxes for a function that computes only help when they do.
import { cpus } from 'node:os';

const LOOK_MS = 50;
/** older than this the last look says nothing */
const STALE_MS = 1000;
/** weight of the latest look in the moving average */
const WEIGHT = 0.3;
const BUSY_SHARE = 0.7;

let lookedAtMs = 0;
let idleBefore = 0;
let allBefore = 0;
let share = 0;

/** As of a moment ago; looks again when that is too long ago to say. */
export function processorsAreBusy(): boolean {
  const nowMs = Date.now();
  const sinceMs = nowMs - lookedAtMs;
  if (sinceMs < LOOK_MS) return share > BUSY_SHARE;
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  if (sinceMs > STALE_MS) share = 0;
  else if (all > allBefore) share += WEIGHT * (1 - (idle - idleBefore) / (all - allBefore) - share);
  lookedAtMs = nowMs;
  idleBefore = idle;
  allBefore = all;
  return share > BUSY_SHARE;
}
