import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { managedPythons } from './python.ts';

const home = await mkdtemp(join(tmpdir(), 'gatehouse-python-'));
after(() => rm(home, { recursive: true, force: true }));

test('interpreters of pyenv and uv are found where they are installed, the latest first', async () => {
  for (const name of ['3.13.2', '3.13.10', '3.1.4', '3.12.1']) {
    await mkdir(join(home, '.pyenv/versions', name), { recursive: true });
  }
  await mkdir(join(home, '.local/share/uv/python/cpython-3.13.0-linux-x86_64-gnu'), { recursive: true });
  assert.deepEqual(await managedPythons('3.13', { HOME: home }), [
    join(home, '.pyenv/versions/3.13.10/bin/python3.13'),
    join(home, '.pyenv/versions/3.13.2/bin/python3.13'),
    join(home, '.local/share/uv/python/cpython-3.13.0-linux-x86_64-gnu/bin/python3.13'),
  ]);
  assert.deepEqual(await managedPythons('3.1', { HOME: home }), [join(home, '.pyenv/versions/3.1.4/bin/python3.1')]);
});

test('the folders that their variables name are searched', async () => {
  await mkdir(join(home, 'py/versions/3.9.18'), { recursive: true });
  await mkdir(join(home, 'uv/cpython-3.9.2-linux-x86_64-gnu'), { recursive: true });
  const env = { HOME: home, PYENV_ROOT: join(home, 'py'), UV_PYTHON_INSTALL_DIR: join(home, 'uv') };
  assert.deepEqual(await managedPythons('3.9', env), [
    join(home, 'py/versions/3.9.18/bin/python3.9'),
    join(home, 'uv/cpython-3.9.2-linux-x86_64-gnu/bin/python3.9'),
  ]);
  assert.deepEqual(await managedPythons('3.14', { HOME: '/nonexistent' }), []);
});
