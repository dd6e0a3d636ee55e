import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internet, isPublic, OutboundNames } from './outbound.ts';

test('addresses of this machine, of private networks and of metadata services are not the internet', () => {
  for (const address of [
    '127.0.0.1', '10.1.2.3', '172.31.255.255', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1',
    '::1', '::', 'fd00:ec2::254', 'fe80::1', '::ffff:127.0.0.1', 'ff02::1',
  ]) {
    assert.ok(!isPublic(address), address);
  } // prettier-ignore
  for (const address of ['93.184.216.34', '172.32.0.1', '2606:2800:220:1::1']) assert.ok(isPublic(address), address);
});

test('what is no host name of the internet is not looked up', async () => {
  for (const name of ['localhost', 'a', '127.0.0.1:80', 'a b.com', '-a.com', '']) {
    assert.equal(await internet.resolve(name), undefined, name);
  }
});

test('a name keeps its loopback address, whatever it really stands for', () => {
  const names = new OutboundNames();
  assert.equal(names.addressFor('a.example', '93.184.216.34'), '127.64.0.1');
  assert.equal(names.addressFor('b.example', '93.184.216.34'), '127.64.0.2');
  assert.equal(names.addressFor('a.example', '93.184.216.35'), '127.64.0.1');
  assert.equal(names.realOf('127.64.0.1'), '93.184.216.35');
  assert.equal(names.realOf('127.64.0.9'), undefined);
});

test('the oldest names go when there are too many', () => {
  const names = new OutboundNames();
  for (let i = 0; i < 5000; i++) names.addressFor(`n${i}.example`, '93.184.216.34');
  assert.equal(names.realOf('127.64.0.1'), undefined);
  assert.equal(names.addressFor('n4999.example', '93.184.216.34'), '127.64.19.136');
});
