export { compileTemplate, type Template } from './compile.ts';
export { Input, InvalidPayload, type InputParameters } from './input.ts';
export { compileJsonPath, type JsonPath } from './json-path.ts';
export { compileJavaMatch } from './java-regex.ts';
export { parseJson } from './json.ts';
export { TemplateSyntaxError } from './syntax.ts';
export { util } from './util.ts';
export { HostObject, TemplateError, toJson, toText, type Value, type ValueMap } from './values.ts';
