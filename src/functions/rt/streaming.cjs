'use strict';
// The awslambda global: response streaming (docs: configuration-response-streaming).
const { Writable } = require('node:stream');
const { FRAME, send } = require('./channel.cjs');
const { RuntimeError } = require('./errors.cjs');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const STREAM_CHUNK_BYTES = 65536;

class ResponseStream extends Writable {
  #contentType = 'application/octet-stream';
  #prelude;
  headSent = false;

  constructor() {
    super({ highWaterMark: STREAM_CHUNK_BYTES });
  }

  setContentType(contentType) {
    if (this.headSent) {
      throw new RuntimeError('Runtime.InvalidStreamingOperation', 'Cannot set content-type, too late.');
    }
    this.#contentType = contentType;
  }

  /** What is neither text nor bytes goes out as JSON. */
  write(chunk, ...rest) {
    const isRaw = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(isRaw ? chunk : JSON.stringify(chunk), ...rest);
  }

  setPrelude(prelude) {
    this.#prelude = prelude;
  }

  sendHead() {
    if (this.headSent) return;
    this.headSent = true;
    const contentType = this.#prelude ? 'application/vnd.awslambda.http-integration-response' : this.#contentType;
    send(FRAME.STREAM_HEAD, JSON.stringify({ contentType, prelude: this.#prelude }));
  }

  _write(chunk, encoding, callback) {
    this.sendHead();
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES) {
      send(FRAME.STREAM_CHUNK, bytes.subarray(at, at + STREAM_CHUNK_BYTES));
    }
    callback();
  }

  _final(callback) {
    this.sendHead();
    callback();
  }
}

const HttpResponseStream = {
  from(stream, prelude) {
    stream.setPrelude(prelude ?? {});
    return stream;
  },
};

function streamifyResponse(handler) {
  handler[STREAMING] = 'response';
  return handler;
}

const isStreaming = (handler) => handler[STREAMING] !== undefined;

function install() {
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
}

module.exports = { install, isStreaming, ResponseStream };
