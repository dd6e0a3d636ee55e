// Names of runtimes (developer guide, "Lambda runtimes", 2026-11); which of them run here is the data plane's to say.

/** Named by the message that refuses another one. */
const CURRENT = [
  'nodejs20.x',
  'nodejs22.x',
  'nodejs24.x',
  'python3.10',
  'python3.11',
  'python3.12',
  'python3.13',
  'python3.14',
  'java8.al2',
  'java11',
  'java17',
  'java21',
  'java25',
  'dotnet8',
  'dotnet10',
  'ruby3.2',
  'ruby3.3',
  'ruby3.4',
  'provided.al2',
  'provided.al2023',
];
/** AWS takes no new functions of these; old templates name them, so here they go on. */
const FORMER = [
  'nodejs',
  'nodejs4.3',
  'nodejs6.10',
  'nodejs8.10',
  'nodejs10.x',
  'nodejs12.x',
  'nodejs14.x',
  'nodejs16.x',
  'nodejs18.x',
  'python2.7',
  'python3.6',
  'python3.7',
  'python3.8',
  'python3.9',
  'java8',
  'dotnetcore1.0',
  'dotnetcore2.0',
  'dotnetcore2.1',
  'dotnetcore3.1',
  'dotnet6',
  'go1.x',
  'ruby2.5',
  'ruby2.7',
  'provided',
];
/** In the models already. */
const COMING = ['nodejs26.x', 'python3.15', 'ruby4.0', 'java8.al2023', 'java11.al2023', 'java17.al2023'];

const KNOWN = new Set([...CURRENT, ...FORMER, ...COMING]);

export const isRuntime = (name: string): boolean => KNOWN.has(name);

export const unknownRuntimeText = (name: string): string =>
  `Value ${name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${CURRENT.join(', ')}] or be a valid ARN`;
