import type { Platform } from '#kernel/platform.ts';
import type { WorkItem, WorkKind } from '#kernel/work.ts';
import { findMail, updateMail, type Mail } from './store.ts';

/** SES keeps trying for 14 hours ("soft bounces"): 1, 2, 4 … 64 minutes, then hourly. */
const ATTEMPTS_MAX = 20;
const AGE_MS_MAX = 14 * 3600 * 1000;
const MINUTE_MS = 60_000;
const SOCKET_TIMEOUT_MS = 60_000;

async function setDelivery(platform: Platform, id: string, change: Partial<Mail>): Promise<void> {
  await platform.store.transact(async (tx) => {
    const mail = await findMail(tx, id);
    if (mail) updateMail(tx, { ...mail, ...change });
  });
}

/** Hands one message to the relay. */
async function run(item: WorkItem<{ id: string }>, platform: Platform): Promise<void> {
  const relay = platform.config.smtpRelay;
  const mail = await findMail(platform.store, item.payload.id);
  if (!mail || mail.delivery !== 'queued' || relay === undefined) return;
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(relay, {
    connectionTimeout: SOCKET_TIMEOUT_MS,
    greetingTimeout: SOCKET_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
  } as object);
  try {
    const to = mail.recipients.filter((address) => !mail.suppressed?.includes(address));
    const raw = Buffer.concat(await Array.fromAsync(platform.blobs.read(mail.blob)));
    await transport.sendMail({ envelope: { from: mail.from, to }, raw });
  } catch (error) {
    // 5yz is the relay's last word (RFC 5321 section 4.2.1); anything else may pass later.
    const code = (error as { responseCode?: number }).responseCode ?? 0;
    if (code < 500) throw error;
    await setDelivery(platform, mail.id, { delivery: 'failed', deliveryError: (error as Error).message });
    return;
  } finally {
    transport.close();
  }
  await setDelivery(platform, mail.id, { delivery: 'sent' });
}

export const deliver: WorkKind<{ id: string }> = {
  run,
  retry: {
    attempts: ATTEMPTS_MAX,
    ageMsMax: AGE_MS_MAX,
    backoffMs: (failures) => Math.min(2 ** (failures - 1), 60) * MINUTE_MS,
  },
  dead: (item, error, platform) =>
    setDelivery(platform, item.payload.id, { delivery: 'failed', deliveryError: error.message }),
  concurrency: 4,
  leaseMs: 3 * SOCKET_TIMEOUT_MS,
};
