// The way to the internet for functions: without routes or privileges. A name of the outside gets an address of the sandbox's
// own loopback network; who connects there on port 80 or 443 is joined to the real address, byte for byte, TLS end to end.
import { lookup } from 'node:dns/promises';
import { BlockList, connect, isIPv6, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

export interface Outbound {
  /** the address that a function may reach under this name; undefined = the name does not exist for it */
  resolve(name: string): Promise<string | undefined>;
  connect(address: string, port: number): Socket;
}

const CONNECT_MS_MAX = 10_000;
/** names that one sandbox may have in use; the oldest goes first */
const NAMES_MAX = 4096;
/** 127.64.0.1 and up */
const FIRST_ADDRESS = (127 << 24) | (64 << 16) | 1;
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9-_]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;

/** Networks that are not the internet: this machine's own, private ones, and those with a special meaning (RFC 6890). */
const NOT_PUBLIC = {
  ipv4: blockList('ipv4', [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ]),
  ipv6: blockList('ipv6', ['::/96', '::ffff:0:0/96', '64:ff9b::/96', '100::/64', 'fc00::/7', 'fe80::/10', 'ff00::/8']),
};

/** One list per family: a list takes an IPv4 address for the IPv6 address that maps it. */
function blockList(family: 'ipv4' | 'ipv6', networks: string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

export function isPublic(address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return !NOT_PUBLIC[family].check(address, family);
}

export const internet: Outbound = {
  async resolve(name) {
    if (!HOST_NAME.test(name)) return undefined;
    const found = await lookup(name, { all: true }).catch(() => []);
    return found.map(({ address }) => address).find(isPublic);
  },
  connect: (address, port) => connect({ host: address, port, timeout: CONNECT_MS_MAX }),
};

/** The loopback addresses of one sandbox and what they stand for. */
export class OutboundNames {
  #next = FIRST_ADDRESS;
  #addressByName = new Map<string, { local: string; real: string }>();
  #realByLocal = new Map<string, string>();

  /** The loopback address that stands for this name, as four numbers. */
  addressFor(name: string, real: string): string {
    const known = this.#addressByName.get(name);
    if (known?.real === real) return known.local;
    const local = known?.local ?? this.#take();
    this.#addressByName.set(name, { local, real });
    this.#realByLocal.set(local, real);
    if (this.#addressByName.size > NAMES_MAX) this.#dropOldest();
    return local;
  }

  realOf(local: string): string | undefined {
    return this.#realByLocal.get(local);
  }

  #take(): string {
    const value = this.#next++;
    return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  }

  #dropOldest(): void {
    const [oldest] = this.#addressByName;
    if (!oldest) return;
    this.#addressByName.delete(oldest[0]);
    this.#realByLocal.delete(oldest[1].local);
  }
}

/** Joins two connections; the end or failure of one ends the other. */
export function join(inner: Socket, outer: Socket): void {
  outer.once('connect', () => outer.setTimeout(0));
  outer.once('timeout', () => outer.destroy());
  const close = (): void => {
    inner.destroy();
    outer.destroy();
  };
  pipeline(inner, outer, (error) => error && close());
  pipeline(outer, inner, close);
}
