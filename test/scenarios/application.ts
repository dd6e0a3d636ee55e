// An example as `gatehouse start` serves it, on a port of its own and in memory.
import path from 'node:path';
import { deployTemplate } from '#cli/deploy.ts';
import { localUrls } from '#cli/local-urls.ts';
import type { ServerOptions } from '#server/index.ts';
import { startTestServer, type TestServer } from '../harness.ts';

export interface Application extends TestServer {
  /** of the stack, as a browser reaches them */
  outputs: Record<string, string>;
  /** an output's URL by a path form, for clients that do not resolve *.localhost */
  local(output: string): string;
  /** again with these parameters, as `start` does when the template has changed; answers the outputs */
  deploy(parameters: Record<string, string>): Promise<Record<string, string>>;
}

export async function startApplication(
  templateFile: string,
  config: ServerOptions['config'] = {},
): Promise<Application> {
  const server = await startTestServer({ config });
  const stackName = path.basename(path.dirname(templateFile));
  const deploy = async (parameters: Record<string, string>): Promise<Record<string, string>> => {
    const { platform } = server;
    return (await deployTemplate({ platform, templateFile, stackName, parameters, lenient: false })).outputs;
  };
  const outputs = await deploy({});
  const local = Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, localUrls(value, server.platform)]),
  );
  return {
    ...server,
    outputs: local,
    deploy,
    local(output) {
      const url = new URL(local[output] ?? '');
      const [first, kind] = url.hostname.split('.');
      const form = kind === 'execute-api' ? 'execute-api' : 's3-website';
      const endpoint = server.endpoint.replace(/^http:/, url.protocol);
      return `${endpoint}/_aws/${form}/${first}${url.pathname}`;
    },
  };
}
