// The program that a sandbox becomes when it brings a runtime of its own or of its language: it speaks the Runtime API.
import { posix } from 'node:path';
import type { FunctionSnapshot } from './contract.ts';
import { WRAPPER } from './environment.ts';
import type { SandboxHost, SandboxKind } from './sandbox-command.ts';
import { type ImageEntry, imageEntry } from './image-entry.ts';
import { javaCommand } from './java.ts';

export interface Program {
  words: string[];
  /** its working directory, of images */
  directory: string;
  image?: ImageEntry;
}

/** Undefined for our own runtimes, and for a `bootstrap` that is found inside the sandbox. */
export function programOf(
  { image, runtime, memoryMb }: SandboxKind,
  snapshot: FunctionSnapshot,
  host: SandboxHost,
): Program | undefined {
  if (image) {
    const { entryPoint = image.entryPoint, command = image.command, workingDirectory } = snapshot.image ?? {};
    return {
      words: [...entryPoint, ...command],
      directory: posix.resolve('/', workingDirectory ?? image.workingDirectory),
      image: imageEntry(host.filterLoader),
    };
  }
  if (runtime.family !== 'java' || !host.java) return undefined;
  const java = javaCommand(runtime, host.java, { memoryMb, handler: snapshot.handler, mode: host.mode });
  // of the managed runtimes alone (docs: runtimes-modify)
  const wrapper = snapshot.environment[WRAPPER];
  return { words: wrapper ? [wrapper, ...java] : java, directory: '/' };
}
