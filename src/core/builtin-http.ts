/**
 * node:http, by its name in CommonJS. An `import` of a builtin evaluates all that it exports, and here that loads undici for
 * the sake of `http.WebSocket` and its like: 12 MB and 30 ms of every start (Node 24.21).
 */
export const http = process.getBuiltinModule('node:http');
