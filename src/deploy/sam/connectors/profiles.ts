import profiles from '../data/connector-profiles.json' with { type: 'json' };
import { InvalidResource } from '../errors.ts';
import { sub } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { ConnectorEnd } from './ends.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html

export type ProfileType =
  | 'AWS_IAM_ROLE_MANAGED_POLICY'
  | 'AWS_SNS_TOPIC_POLICY'
  | 'AWS_SQS_QUEUE_POLICY'
  | 'AWS_LAMBDA_PERMISSION';

/** What a connector between two types grants, by category of access. */
export interface ConnectorProfile {
  readonly Type: ProfileType;
  readonly Properties: {
    /** Whose role gets the policy. */
    readonly SourcePolicy: boolean;
    readonly AccessCategories: Readonly<Record<string, JsonMap>>;
    readonly ValidAccessCategories?: readonly (readonly string[])[];
    /** What must wait for the permission. */
    readonly DependedBy?: 'SOURCE' | 'DESTINATION_EVENT_SOURCE_MAPPING';
  };
}

/** How the resources of a type tell their ARN, name and so on, and where they name their role. */
export interface EndProperties {
  readonly Inputs?: { readonly Role: string | { readonly Function: string } };
  readonly Outputs: JsonMap;
}

const permissions = profiles.Permissions as unknown as Record<string, Record<string, ConnectorProfile>>;
const endProperties = profiles.CfnResourceProperties as unknown as Record<string, EndProperties>;

export function findProfile(sourceType: string, destinationType: string): ConnectorProfile | undefined {
  return permissions[sourceType]?.[destinationType];
}

export function findEndProperties(type: string): EndProperties | undefined {
  return endProperties[type];
}

const placeholder = /%\{(Source|Destination)\.(Arn|Name|ResourceId|Qualifier)\}/g;

/** Fills the ends into a part of a profile. Text around a value makes it a Fn::Sub. */
export function fillProfile(value: Json, source: ConnectorEnd, destination: ConnectorEnd, connectorId: string): Json {
  const fill = (part: Json): Json => {
    if (typeof part === 'string') return fillText(part, source, destination, connectorId);
    if (isList(part)) return part.map(fill);
    if (!isMap(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, fill(item)]));
  };
  return fill(value);
}

function fillText(text: string, source: ConnectorEnd, destination: ConnectorEnd, connectorId: string): Json {
  const variables: JsonMap = {};
  const filled = text.replace(
    placeholder,
    (_, end: 'Source' | 'Destination', property: keyof ConnectorEnd['values']) => {
      const value = (end === 'Source' ? source : destination).values[property];
      if (value === undefined) throw new InvalidResource(connectorId, `${end}.${property} is missing.`);
      variables[end + property] = value;
      return `\${${end}${property}}`;
    },
  );
  const names = Object.keys(variables);
  const only = names[0];
  if (names.length === 1 && only !== undefined && filled === `\${${only}}`) return variables[only] ?? null;
  if (names.length > 0) return sub(filled, variables);
  return filled.includes('${') ? sub(filled) : filled;
}
