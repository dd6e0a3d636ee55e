import type { ResourceIdentifierSummary } from '@aws-sdk/client-cloudformation';
import type { Operation } from '#kernel/service.ts';
import type { Context } from '#kernel/context.ts';
import { refuseTypes } from '#deploy/engine/check-resources.ts';
import { findResourceType } from '#deploy/resources/registry.ts';
import { findSchema } from '#deploy/schema/schema.ts';
import { validationError } from '#deploy/stacks/errors.ts';
import { readTemplateSource, type TemplateSource } from '#deploy/stacks/prepare.ts';
import * as store from '#deploy/stacks/store.ts';
import { changeSetOf } from './change-set-lookups.ts';
import { requiredCapabilities } from '#deploy/template/capabilities.ts';
import { isObject, parseTemplate, type JsonObject, type TemplateDocument } from '#deploy/template/document.ts';
import { parseParameters, type ParameterDefinition } from '#deploy/template/parameters.ts';
import { evaluate, type Scope } from '#deploy/template/evaluate.ts';
import { availabilityZonesOf } from '#deploy/template/pseudo.ts';
import { checkSections } from '#deploy/template/sections.ts';
import { checkCycles, checkNames } from '#deploy/template/static-checks.ts';
import { declaredTransforms } from '#deploy/template/transforms.ts';
import { Unknown } from '#deploy/template/value.ts';
import { requireStack } from './lookups.ts';

type Cfn<O extends string> = Operation<'cloudformation', O>;

export const getTemplate: Cfn<'GetTemplate'> = async (input, context) => {
  const stage = input.TemplateStage ?? 'Original';
  const { stack, template } = await templateOf(input.StackName, input.ChangeSetName, context);
  const original = await store.getTemplate(context.store, stack, template, 'Original');
  const processed = await store.getTemplate(context.store, stack, template, 'Processed');
  // a stack in review has none yet; the CDK asks for it before it runs its first change set
  if (original === undefined) return { TemplateBody: '', StagesAvailable: ['Original'] };
  const body = stage === 'Processed' ? (processed ?? original) : original;
  return { TemplateBody: body, StagesAvailable: ['Original', 'Processed'] };
};

async function templateOf(
  stackName: string | undefined,
  changeSetName: string | undefined,
  context: Context,
): Promise<{ stack: Awaited<ReturnType<typeof requireStack>>; template: number }> {
  if (changeSetName !== undefined) {
    const { stack, changeSet } = await changeSetOf(changeSetName, stackName, context);
    return { stack, template: changeSet.template };
  }
  if (stackName === undefined) throw validationError('1 validation error detected: StackName must not be null');
  const stack = await requireStack(stackName, context);
  return { stack, template: stack.template };
}

async function documentOf(source: TemplateSource, context: Context): Promise<TemplateDocument> {
  const text = await readTemplateSource(source, context.call);
  if (text === undefined) throw validationError('Either Template URL or Template Body must be specified.');
  return parseTemplate(text);
}

/** The checks that need no parameter values; templates with transforms are only checked as far as those leave them. */
function checkTemplate(document: TemplateDocument): ParameterDefinition[] {
  const { lineOf } = document;
  const definitions = parseParameters(document.json.Parameters, lineOf);
  if (declaredTransforms(document.json).length > 0) return definitions;
  checkSections(document.json, lineOf);
  checkNames(document.json, definitions, lineOf);
  checkCycles(document.json);
  checkFunctions(document.json);
  const resources = Object.entries(document.json.Resources as JsonObject).map(([logicalId, resource]) => ({
    logicalId,
    type: String((resource as JsonObject).Type),
    line: lineOf(['Resources', logicalId]),
  }));
  refuseTypes(resources.filter(({ type }) => !findResourceType(type)));
  return definitions;
}

/** What functions can say without parameters and resources, whichever way conditions go. */
function checkFunctions({ Mappings, Resources, Outputs }: JsonObject): void {
  const members = [Resources, Outputs].flatMap((block) => Object.values((block ?? {}) as JsonObject)).filter(isObject);
  for (const condition of [true, false]) {
    const scope: Scope = {
      ref: (name) => new Unknown(name),
      getAtt: (name, attribute) => new Unknown(`${name}.${attribute}`),
      importValue: (name) => new Unknown(name),
      availabilityZones: (region) => availabilityZonesOf(region || 'us-east-1'),
      condition: () => condition,
      mappings: isObject(Mappings) ? Mappings : {},
      languageExtensions: false,
    };
    for (const { Properties, Value } of members) evaluate(Properties ?? Value ?? null, scope);
  }
}

export const validateTemplate: Cfn<'ValidateTemplate'> = async (input, context) => {
  const document = await documentOf(input, context);
  const definitions = checkTemplate(document);
  const { capabilities, reason } = requiredCapabilities(document.json);
  const transforms = declaredTransforms(document.json);
  return {
    Parameters: definitions.map((definition) => ({
      ParameterKey: definition.name,
      ...(definition.default !== undefined && { DefaultValue: definition.default }),
      NoEcho: definition.noEcho,
      ...(definition.description !== undefined && { Description: definition.description }),
    })),
    ...(typeof document.json.Description === 'string' && { Description: document.json.Description }),
    ...capabilitiesOut([...capabilities, ...expands(transforms)], reason, transforms),
    ...(transforms.length > 0 && { DeclaredTransforms: transforms }),
  };
};

const expands = (transforms: readonly string[]): 'CAPABILITY_AUTO_EXPAND'[] =>
  transforms.some((name) => name !== 'AWS::Include') ? ['CAPABILITY_AUTO_EXPAND'] : [];

function capabilitiesOut<C extends string>(
  capabilities: C[],
  reason: string | undefined,
  transforms: readonly string[],
): { Capabilities?: C[]; CapabilitiesReason?: string } {
  if (capabilities.length === 0) return {};
  const macros =
    expands(transforms).length > 0
      ? `The following transforms require CAPABILITY_AUTO_EXPAND: [${transforms.join(', ')}]`
      : undefined;
  return { Capabilities: capabilities, CapabilitiesReason: [reason, macros].filter(Boolean).join(' ') };
}

export const getTemplateSummary: Cfn<'GetTemplateSummary'> = async (input, context) => {
  const document = await summarized(input, context);
  const definitions = checkTemplate(document);
  const { json } = document;
  const { capabilities, reason } = requiredCapabilities(json);
  const transforms = declaredTransforms(json);
  const resources = Object.values((json.Resources ?? {}) as JsonObject).filter(isObject);
  return {
    Parameters: definitions.map((definition) => ({
      ParameterKey: definition.name,
      ...(definition.default !== undefined && { DefaultValue: definition.default }),
      ParameterType: definition.type,
      NoEcho: definition.noEcho,
      ...(definition.description !== undefined && { Description: definition.description }),
      ParameterConstraints: { ...(definition.allowedValues && { AllowedValues: definition.allowedValues }) },
    })),
    ...(typeof json.Description === 'string' && { Description: json.Description }),
    ...capabilitiesOut([...capabilities, ...expands(transforms)], reason, transforms),
    ResourceTypes: [...new Set(resources.map(({ Type }) => String(Type)))],
    ...(json.AWSTemplateFormatVersion !== undefined && { Version: String(json.AWSTemplateFormatVersion) }),
    ...(json.Metadata !== undefined && { Metadata: JSON.stringify(json.Metadata) }),
    ...(transforms.length > 0 && { DeclaredTransforms: transforms }),
    ResourceIdentifierSummaries: identifiersOf(json),
  };
};

/** What an import of the template's resources would have to say: the properties that name them, by type. */
function identifiersOf({ Resources = {} }: JsonObject): ResourceIdentifierSummary[] {
  const byType = new Map<string, string[]>();
  for (const [logicalId, resource] of Object.entries(Resources as JsonObject)) {
    const type = isObject(resource) ? String(resource.Type) : '';
    byType.set(type, [...(byType.get(type) ?? []), logicalId]);
  }
  return [...byType].flatMap(([ResourceType, LogicalResourceIds]) => {
    const paths = findSchema(ResourceType)?.primaryIdentifier;
    if (!paths) return [];
    return [
      { ResourceType, LogicalResourceIds, ResourceIdentifiers: paths.map((path) => path.replace('/properties/', '')) },
    ];
  });
}

async function summarized(
  input: TemplateSource & { StackName?: string | undefined },
  context: Context,
): Promise<TemplateDocument> {
  if (input.StackName === undefined) return documentOf(input, context);
  const stack = await requireStack(input.StackName, context);
  const text = await store.getTemplate(context.store, stack, stack.template, 'Original');
  if (text === undefined) throw validationError(`Stack with id ${input.StackName} does not exist`);
  return parseTemplate(text);
}
