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

/** DEL is not allowed in the header that carries the type on AWS, so it arrives escaped there. */
const escapeDel = (text) => (typeof text === 'string' ? text.replaceAll('\x7F', '%7F') : text);

function toResponse(error) {
  try {
    if (isError(error)) {
      return {
        errorType: escapeDel(error.name),
        errorMessage: escapeDel(error.message),
        trace: escapeDel(error.stack)?.split('\n'),
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
    stack: (error.stack ?? '').split('\n'),
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

module.exports = { RuntimeError, UnhandledPromiseRejection, isError, toResponse, toLogRecord, toLogText };
