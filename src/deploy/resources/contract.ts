// What a resource type is to the engine: a small object over `call`. One file per service holds its types.
import type { Call } from '#kernel/call.ts';
import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Json } from '../template/document.ts';

/** Evaluated properties, checked and given their declared types by the type's schema. */
export type Properties = Record<string, any>;
export type Attributes = Record<string, unknown>;

/** A resource as it stands in the account. */
export interface Deployed {
  physicalId: string;
  properties: Properties;
  attributes: Attributes;
}

export interface Created {
  physicalId: string;
  /** what Fn::GetAtt answers */
  attributes?: Attributes;
}

export interface ResourceContext {
  platform: Platform;
  /** As the user of the stack operation or its role, in the stack's account and region. */
  call: Call;
  principal: Principal;
  accountId: string;
  region: string;
  partition: string;
  stackId: string;
  stackName: string;
  logicalId: string;
  type: string;
  /** `stack-LogicalId-RANDOM`, cut to the type's length; written down before the step, so that a repeated step has the same */
  physicalName: string;
  /** the stack's tags */
  tags: Readonly<Record<string, string>>;
  /** The same for every try of one step: client tokens. */
  token: string;
  /** An earlier try of this step was cut off by the end of the program: what it made may already be there. */
  resumed: boolean;
  /** ms since the epoch: when the step began */
  startedAt: number;
  /** Aborted when the operation is cancelled or runs out of time. */
  signal: AbortSignal;
  /** CreationPolicy of the resource */
  creationPolicy?: Json;
  /** Says that creation has begun and under which id; for steps that wait long afterwards. */
  initiated: (physicalId: string) => Promise<void>;
  /** Whether a physical id already belongs to a resource of this type in this stack. */
  isClaimed: (physicalId: string) => boolean;
}

export interface ResourceType {
  type: string;
  /** Which property holds its name, and how generated names are cut. Absent = names mean nothing. */
  name?: {
    property: string;
    lengthMax: number;
    lowerCase?: boolean;
    suffix?: (properties: Properties) => string;
    /** a replacement may bear the same name (versions of one layer) */
    shared?: boolean;
  };
  create(properties: Properties, context: ResourceContext): Promise<Created>;
  /** Absent = every change replaces. Answers a new physical id when the service made a new one. */
  update?(deployed: Deployed, properties: Properties, context: ResourceContext): Promise<Partial<Created> | void>;
  /** Must be content when the resource is gone already. */
  delete(deployed: Deployed, context: ResourceContext): Promise<void>;
  /** It may differ while its properties do not: every update of its stack calls `update`. */
  alwaysUpdates?: true;
  /** Properties whose change replaces, beyond the schema's createOnlyProperties. */
  replaceOn?: readonly string[];
  /** Default: the physical id. */
  ref?(deployed: Deployed): string;
  /** Attributes for Fn::GetAtt beyond the schema's read-only properties; '*' = any. */
  attributes?: readonly string[] | '*';
  /** Property that holds tags as a list of {Key, Value} or as a map; default from the schema. The stack's tags are added. */
  tagsAs?: { property: string; shape: 'list' | 'map' } | false;
  /** Finds what a cut-off creation left behind. Types with names need none: `already exists` is taken for success then. */
  findCreated?(properties: Properties, context: ResourceContext): Promise<Created | undefined>;
  /** Name of the service in AWS's failure texts: `(Service: Lambda, …)`. */
  service?: string;
}
