'use strict';
// console.* and process.stdout as Lambda's Node runtime writes them (docs: nodejs-logging), carried as frames so that
// every line stays in order with the answer.
const { formatWithOptions } = require('node:util');
const { FRAME, send } = require('./channel.cjs');
const { intoError, shownStack, toLogText } = require('./errors.cjs');

const LEVELS = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 };
const METHODS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' };

let current = { requestId: undefined };
let settings = { format: 'Text', level: 'TRACE' };

const setRequest = (requestId) => {
  current = { requestId };
};

function textLine(level, parts) {
  const message = formatWithOptions({}, ...parts);
  return `${new Date().toISOString()}\t${current.requestId}\t${level}\t${message}`;
}

/** One part is kept as it is, an error in it by its members; of more the text, and the members of the first error. */
function jsonLine(level, parts) {
  const record = { timestamp: new Date().toISOString(), level, requestId: current.requestId };
  if (parts.length <= 1) {
    try {
      return JSON.stringify({ ...record, message: parts[0] }, (_key, value) =>
        value instanceof Error ? Object.assign({}, membersOf(value), value) : value,
      );
    } catch {
      // circular, or a BigInt: falls through to the inspected text
    }
  }
  const error = parts.length > 1 ? parts.find((part) => part instanceof Error) : undefined;
  return JSON.stringify({ ...record, message: formatWithOptions({}, ...parts), ...(error && membersOf(error)) });
}

const membersOf = (error) => ({
  errorType: error.constructor?.name ?? 'UnknownError',
  errorMessage: error.message,
  stackTrace: typeof error.stack === 'string' ? shownStack(error.stack).split('\n') : error.stack,
});

function write(level, parts) {
  if (LEVELS[level] < LEVELS[settings.level]) return;
  send(FRAME.LOG, settings.format === 'JSON' ? jsonLine(level, parts) : textLine(level, parts));
}

/** A runtime's own record of an error: "Invoke Error", "Uncaught Exception", "Unhandled Promise Rejection". */
function writeError(title, thrown) {
  const error = intoError(thrown);
  if (settings.format === 'JSON') return write('ERROR', [error]);
  send(FRAME.LOG, `${new Date().toISOString()}\t${current.requestId}\tERROR\t${title} ${toLogText(error)}`);
}

function patchStream(stream) {
  stream.write = (chunk, encoding, callback) => {
    const done = typeof encoding === 'function' ? encoding : callback;
    send(
      FRAME.OUTPUT,
      typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk,
    );
    if (done) process.nextTick(done);
    return true;
  };
}

function install(options) {
  settings = {
    format: options.format ?? 'Text',
    level: options.format === 'JSON' ? (options.level ?? 'INFO') : 'TRACE',
  };
  for (const [method, level] of Object.entries(METHODS)) console[method] = (...parts) => write(level, parts);
  console.fatal = (...parts) => write('FATAL', parts);
  patchStream(process.stdout);
  patchStream(process.stderr);
}

module.exports = { install, setRequest, writeError };
