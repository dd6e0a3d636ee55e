'use strict';
// Runs one invocation after another: parse, call the handler in whichever form it has, answer, wait for the next.
const { types } = require('node:util');
const { FRAME, receive, receiveAwake, send } = require('./channel.cjs');
const { RuntimeError, UnhandledPromiseRejection, toResponse } = require('./errors.cjs');
const { isStreaming, ResponseStream } = require('./streaming.cjs');
const log = require('./log.cjs');
const traceEnvironment = require('./trace-environment.cjs');

/** Invoke payload limit, in bytes (docs: gettingstarted-limits; AWS's own message names this number). */
const RESPONSE_BYTES_MAX = 6291556;

const settings = { functionName: '', functionVersion: '', memoryMb: 128, logGroup: '', logStream: '', callbacks: true };
let running;
/** Runs once the event loop is empty: `callbackWaitsForEmptyEventLoop`, and handlers that never answer. */
let whenEmpty;

process.on('beforeExit', () => {
  const next = whenEmpty;
  whenEmpty = undefined;
  if (next) next();
});

const PEAK_LOOK_MS = 100;
let peakKb = 0;
let peakAtMs = 0;

/** As of a moment ago: asking the kernel each time would cost a short invocation a tenth of its time. */
function peakRssKb() {
  const nowMs = Date.now();
  if (nowMs - peakAtMs > PEAK_LOOK_MS) {
    peakKb = process.resourceUsage().maxRSS;
    peakAtMs = nowMs;
  }
  return peakKb;
}

function answer(invocation, type, body) {
  if (invocation.done) return;
  invocation.done = true;
  whenEmpty = undefined;
  send(type, body, peakRssKb());
  parkSoon(invocation.handler);
}

const TURN_MS_MAX = 10;
let turnedAtMs = 0;

/**
 * Lets whatever the function left undone run a moment, as AWS's own client does, before everything stands still. Where
 * nothing is left a turn of the event loop would only cost time: then it is taken now and then, for what is unref()ed.
 */
function parkSoon(handler) {
  const nowMs = Date.now();
  if (nowMs - turnedAtMs < TURN_MS_MAX && process.getActiveResourcesInfo().length === 0) {
    process.nextTick(next, handler);
    return;
  }
  turnedAtMs = nowMs;
  setImmediate(next, handler);
}

function succeed(invocation, value) {
  let text;
  try {
    text = JSON.stringify(value === undefined ? null : value) ?? 'null';
  } catch {
    return fail(invocation, new Error('Unable to stringify response body'));
  }
  if (Buffer.byteLength(text) > RESPONSE_BYTES_MAX) {
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
    return answer(
      invocation,
      FRAME.ERROR,
      JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
    );
  }
  answer(invocation, FRAME.RESULT, text);
}

function fail(invocation, thrown) {
  if (invocation.done) return;
  const error = thrown ?? 'handled';
  log.writeError('Invoke Error', error);
  answer(invocation, FRAME.ERROR, JSON.stringify(toResponse(error)));
}

/** After an error that leaves the process in doubt: says why, and ends it. */
function die(error, exitCode) {
  const body = JSON.stringify(toResponse(error));
  if (!running) send(FRAME.INIT_ERROR, body, peakRssKb());
  else if (!running.done) send(FRAME.FATAL, body, peakRssKb());
  process.reallyExit(exitCode);
}

process.on('unhandledRejection', (reason, promise) => {
  const error = new UnhandledPromiseRejection(reason, promise);
  log.writeError('Unhandled Promise Rejection', error);
  die(error, 128);
});

process.on('uncaughtException', (error) => {
  log.writeError('Uncaught Exception', error);
  die(error, 129);
});

function createContext(invocation, meta) {
  const settle = (error, value) => {
    if (invocation.settled) return;
    invocation.settled = true;
    const finish = () => (error === undefined || error === null ? succeed(invocation, value) : fail(invocation, error));
    if (context.callbackWaitsForEmptyEventLoop) whenEmpty = finish;
    else finish();
  };
  const done = (error, value) => {
    context.callbackWaitsForEmptyEventLoop = false;
    settle(error, value);
  };
  // what belongs to callbacks went with them (docs: nodejs-context, Node.js 24)
  const ofCallbacks = settings.callbacks && {
    callbackWaitsForEmptyEventLoop: true,
    succeed: (value) => done(null, value),
    fail: (error) => done(error ?? 'handled'),
    done,
  };
  const context = {
    ...ofCallbacks,
    functionVersion: settings.functionVersion,
    functionName: settings.functionName,
    memoryLimitInMB: String(settings.memoryMb),
    logGroupName: settings.logGroup,
    logStreamName: settings.logStream,
    clientContext: meta.clientContext === undefined ? undefined : JSON.parse(meta.clientContext),
    identity: meta.identity,
    invokedFunctionArn: meta.arn,
    awsRequestId: meta.requestId,
    tenantId: meta.tenantId,
    getRemainingTimeInMillis: () => meta.deadlineMs - Date.now(),
  };
  return { context, settle };
}

const isThenable = (value) => typeof value?.then === 'function';

/** One invocation. Its name and those of its methods are seen in stack traces, as on AWS. */
class Runtime {
  constructor(handler) {
    this.handler = handler;
    this.done = false;
    this.settled = false;
  }

  handleOnceNonStreaming(event, context, settle) {
    const result = this.handler(event, context, settle);
    if (isThenable(result)) {
      result.then(
        (value) => succeed(this, value),
        (error) => fail(this, error),
      );
    }
    // The event loop drains without an answer: null, but an async function's promise can then never settle.
    if (this.settled || this.done) return;
    whenEmpty = () => (types.isAsyncFunction(this.handler) ? fail(this, nodeJsExit()) : succeed(this, null));
  }

  handleOnceStreaming(event, context) {
    const stream = new ResponseStream();
    const end = (body) => answer(this, FRAME.STREAM_END, body);
    const failed = (error) => {
      if (!stream.headSent) return fail(this, error);
      log.writeError('Invoke Error', error);
      end(JSON.stringify(toResponse(error)));
    };
    stream.on('error', failed);
    const result = this.handler(event, stream, context);
    if (!isThenable(result)) return failed('Streaming does not support non-async handlers.');
    result.then((value) => {
      if (value !== undefined) console.warn('Streaming handlers ignore return values.');
      if (!stream.writableEnded) stream.end();
      if (stream.writableFinished) end('');
      else stream.once('finish', () => end(''));
    }, failed);
  }
}

const nodeJsExit = () =>
  new RuntimeError(
    'Runtime.NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );

function parse(payload) {
  const metaBytes = payload.readUInt32LE(0);
  const meta = JSON.parse(payload.utf8Slice(4, 4 + metaBytes));
  const body = payload.utf8Slice(4 + metaBytes, payload.length);
  return { meta, body };
}

/** Its own handlers run now, as on Lambda when there are extensions; then it is killed (docs: lambda-runtime-environment). */
function shutDown() {
  setInterval(() => {}, 1000);
  process.kill(process.pid, 'SIGTERM');
}

let awake = false;

function next(handler) {
  if (awake) receiveAwake((frame) => take(handler, frame));
  else take(handler, receive());
}

function take(handler, { type, payload }) {
  if (type === FRAME.SHUTDOWN) return shutDown();
  if (type === FRAME.AWAKE) {
    awake = true;
    return next(handler);
  }
  const { meta, body } = parse(payload);
  const invocation = new Runtime(handler);
  running = invocation;
  log.setRequest(meta.requestId);
  traceEnvironment.set(meta.traceHeader);
  try {
    const event = body === '' ? {} : JSON.parse(body);
    const { context, settle } = createContext(invocation, meta);
    if (isStreaming(handler)) invocation.handleOnceStreaming(event, context);
    else invocation.handleOnceNonStreaming(event, context, settle);
  } catch (error) {
    fail(invocation, error);
  }
}

/** Newer runtimes refuse handlers that take a callback (docs: nodejs-handler, Node.js 24). */
function checkForm(handler) {
  if (settings.callbacks || isStreaming(handler) || handler.length < 3) return;
  throw new RuntimeError(
    'Runtime.CallbackHandlerDeprecated',
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  );
}

function serve(handler, options) {
  Object.assign(settings, options);
  checkForm(handler);
  send(FRAME.READY, '', peakRssKb());
  setImmediate(next, handler);
}

module.exports = { serve, die };
