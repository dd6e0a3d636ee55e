// The Rules section: assertions about parameters, checked before anything is built.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
import { isObject, type Json, type JsonObject } from './document.ts';
import { formatError, TemplateError } from './error.ts';
import { evaluateCondition, type Scope } from './evaluate.ts';

export function checkRules(
  template: JsonObject,
  scope: Scope,
  parameterNames: ReadonlySet<string>,
  types: ReadonlyMap<string, string>,
): void {
  const rules = template.Rules;
  if (!isObject(rules)) return;
  for (const [name, rule] of Object.entries(rules)) {
    if (!isObject(rule) || !Array.isArray(rule.Assertions)) {
      throw formatError(`Rule ${name} must be an object with a list of Assertions.`);
    }
    const expand = (value: Json): Json => expandRefAll(value, scope, parameterNames, types);
    if (rule.RuleCondition !== undefined && !evaluateCondition(expand(rule.RuleCondition), scope, 'Fn::Equals'))
      continue;
    for (const assertion of rule.Assertions) {
      if (!isObject(assertion) || assertion.Assert === undefined) {
        throw formatError(`Every Assertions member of rule ${name} must contain an Assert.`);
      }
      if (!evaluateCondition(expand(assertion.Assert), scope, 'Fn::Equals')) {
        const description = typeof assertion.AssertDescription === 'string' ? `: ${assertion.AssertDescription}` : '';
        throw new TemplateError(`Rule ${name} failed${description}`);
      }
    }
  }
}

/** Fn::RefAll gives the values of all parameters of a type; the functions that ask EC2 for attributes are refused. */
function expandRefAll(value: Json, scope: Scope, names: ReadonlySet<string>, types: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => expandRefAll(item, scope, names, types));
  if (!isObject(value)) return value;
  if (typeof value['Fn::RefAll'] === 'string') {
    const wanted = value['Fn::RefAll'];
    return [...names].filter((name) => types.get(name) === wanted).map((name) => scope.ref(name) as Json);
  }
  for (const name of ['Fn::ValueOf', 'Fn::ValueOfAll']) {
    if (Object.hasOwn(value, name)) {
      throw formatError(`Gatehouse cannot evaluate ${name}: there is no EC2 service to ask for attributes`);
    }
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, expandRefAll(inner, scope, names, types)]),
  );
}
