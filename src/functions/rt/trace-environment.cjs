'use strict';
// process.env._X_AMZN_TRACE_ID, which differs with every invocation. The C library keeps each value that setenv(3) ever
// stored, so a busy function would grow without end and search ever longer: this variable lives beside the real ones.
const NAME = '_X_AMZN_TRACE_ID';

let header;

const real = process.env;
real[NAME] = '';
// before the function's own code is loaded: modules keep what process.env was
process.env = new Proxy(real, {
  get: (target, name) => (name === NAME ? header : target[name]),
  set(target, name, value) {
    if (name === NAME) header = String(value);
    else target[name] = value;
    return true;
  },
  has: (target, name) => (name === NAME ? header !== undefined : name in target),
  deleteProperty(target, name) {
    if (name === NAME) header = undefined;
    else delete target[name];
    return true;
  },
  ownKeys: (target) => Reflect.ownKeys(target).filter((name) => name !== NAME || header !== undefined),
  getOwnPropertyDescriptor(target, name) {
    const found = Reflect.getOwnPropertyDescriptor(target, name);
    if (name !== NAME || !found) return found;
    return header === undefined ? undefined : { ...found, value: header };
  },
});

/** Of the invocation that begins; undefined: none. */
const set = (value) => {
  header = value;
};

module.exports = { set };
