// What becomes of a message when the relay is down, busy or refuses; the clock is ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendEmailCommand, SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { ManualClock } from '#core/clock.ts';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

const MINUTE_MS = 60_000;

async function listen(port: number, onData: SMTPServerOptions['onData']): Promise<SMTPServer> {
  const smtp = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], ...(onData && { onData }) });
  await new Promise<void>((resolve) => smtp.listen(port, '127.0.0.1', resolve));
  return smtp;
}
const portOf = (smtp: SMTPServer): number => (smtp.server.address() as { port: number }).port;
const close = (smtp: SMTPServer): Promise<void> => new Promise((resolve) => smtp.close(() => resolve()));
const answer =
  (response: number | undefined): SMTPServerOptions['onData'] =>
  (stream, _session, done) => {
    stream.resume();
    stream.on('end', () =>
      done(response === undefined ? null : Object.assign(new Error('not now'), { responseCode: response })),
    );
  };

async function sendOne(server: TestServer): Promise<void> {
  const ses = new SESClient(server.sdk);
  await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: 'sender@example.com' }));
  await ses.send(
    new SendEmailCommand({
      Source: 'sender@example.com',
      Destination: { ToAddresses: ['you@example.org'] },
      Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
    }),
  );
}
const mailOf = async (server: TestServer): Promise<{ delivery: string; deliveryError?: string }> => {
  const [mail] = (await (await fetch(`${server.endpoint}/_gatehouse/inbox`)).json()) as { delivery: string }[];
  assert.ok(mail);
  return mail;
};

test('a message waits for a relay that is down, and reaches it later', async () => {
  const gone = await listen(0, answer(undefined));
  const port = portOf(gone);
  await close(gone);
  const clock = new ManualClock(Date.now());
  const server = await startTestServer({ clock, config: { smtpRelay: `smtp://127.0.0.1:${port}` } });
  try {
    await sendOne(server);
    await server.platform.work.idle();
    assert.equal((await mailOf(server)).delivery, 'queued');
    const received: string[] = [];
    const smtp = await listen(port, (stream, session, done) => {
      stream.resume();
      received.push(...session.envelope.rcptTo.map((each) => each.address));
      stream.on('end', () => done());
    });
    try {
      await eventually(async () => {
        clock.advance(MINUTE_MS);
        return (await mailOf(server)).delivery === 'sent';
      });
      assert.deepEqual(received, ['you@example.org']);
    } finally {
      await close(smtp);
    }
  } finally {
    await server.stop();
  }
});

for (const [response, delivery] of [
  [550, 'failed'],
  [450, 'queued'],
] as const) {
  test(`a relay that answers ${response} leaves the message ${delivery}`, async () => {
    let asked = 0;
    const smtp = await listen(0, (stream, session, done) => {
      asked++;
      answer(response)?.(stream, session, done);
    });
    const clock = new ManualClock(Date.now());
    const server = await startTestServer({ clock, config: { smtpRelay: `smtp://127.0.0.1:${portOf(smtp)}` } });
    try {
      await sendOne(server);
      await eventually(() => asked > 0);
      await server.platform.work.idle();
      const mail = await mailOf(server);
      assert.equal(mail.delivery, delivery);
      assert.equal(mail.deliveryError !== undefined, delivery === 'failed');
    } finally {
      await server.stop();
      await close(smtp);
    }
  });
}
