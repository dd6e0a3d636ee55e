'use strict';
// Errors as Lambda's Node runtime shows them: `trace` in the answer, `stack` in the log.
const { types } = require('node:util');

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    // not enumerable: the log shows an error's own properties beside these
    Object.defineProperty(this, 'name', { value: name });
  }
}

class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason, promise) {
    super('Runtime.UnhandledPromiseRejection', String(reason));
    this.reason = reason;
    this.promise = promise;
  }
}

const isError = (value) => types.isNativeError(value) || Boolean(value && value.name && value.message && value.stack);

/** What is thrown need not be an error; what is logged is one. */
const intoError = (value) => (isError(value) ? value : new Error(value));

const OWN = `${__dirname}/`;
const OWN_FILE = /(?:file:\/\/)?[^\s(]*\/([\w-]+)\.cjs/;
/** stands between a module and Node's loader, and is not seen there */
const LOADER = 'code-cache';

/** Frames of this runtime as those of AWS's: in its file, and none below the call of the handler. */
function shownStack(stack) {
  if (typeof stack !== 'string' || !stack.includes(OWN)) return stack;
  const lines = [];
  for (const line of stack.split('\n')) {
    const isOwn = line.includes(OWN);
    lines.push(
      isOwn
        ? line.replace(OWN_FILE, (_path, file) =>
            file === LOADER ? 'node:internal/modules/cjs/loader' : 'file:///var/runtime/index.mjs',
          )
        : line,
    );
    if (isOwn && line.includes(' Runtime.handleOnce')) break;
  }
  return lines.join('\n');
}

/** DEL is not allowed in the header that carries the type on AWS, so it arrives escaped there. */
const escapeDel = (text) => (typeof text === 'string' ? text.replaceAll('\x7F', '%7F') : text);

function toResponse(error) {
  try {
    if (isError(error)) {
      return {
        errorType: escapeDel(error.name),
        errorMessage: escapeDel(error.message),
        trace: escapeDel(shownStack(error.stack))?.split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
  }
}

function toLogRecord(error) {
  if (!isError(error)) return error;
  return {
    errorType: error.name ?? 'UnknownError',
    errorMessage: error.message ?? 'Unknown error',
    ...(error.code === undefined ? {} : { code: error.code }),
    ...error,
    stack: (shownStack(error.stack) ?? '').split('\n'),
  };
}

/** What follows "Invoke Error" in a log line. */
function toLogText(error) {
  try {
    return '\t' + JSON.stringify(toLogRecord(error), (_key, value) => (isError(value) ? toLogRecord(value) : value));
  } catch {
    return '\t' + JSON.stringify(toResponse(error));
  }
}

module.exports = {
  RuntimeError,
  UnhandledPromiseRejection,
  intoError,
  isError,
  shownStack,
  toResponse,
  toLogText,
};
