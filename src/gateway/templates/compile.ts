// A template's tree turned into closures, once; rendering only calls them.
import { RegexTimeout } from '#core/safe-regex.ts';
import { compare, compute } from './arithmetic.ts';
import { callMethod, getIndex, getProperty, setIndex, setProperty, toIterable } from './members.ts';
import { parseTemplate } from './parse.ts';
import {
  Block,
  ForeachScope,
  Leave,
  RenderState,
  TEMPLATE_LIMITS,
  type Evaluate,
  type MacroDefinition,
  type Render,
} from './state.ts';
import { TemplateSyntaxError, type Expression, type Reference, type Statement, type Step } from './syntax.ts';
import { isTrue, JavaDouble, TemplateError, toText, type Value, type ValueMap } from './values.ts';

export interface Template {
  /** Throws TemplateError. `variables` is written to by #set. */
  render(variables: Map<string, Value>): string;
}

/** Throws TemplateSyntaxError. */
export function compileTemplate(source: string): Template {
  const { body, macros, run } = readTemplate(source);
  const only = body.length === 1 && body[0]!.type === 'text' ? body[0]!.text : undefined;
  if (body.length === 0 || only !== undefined) return { render: () => only ?? '' };
  return {
    render(variables) {
      const state = new RenderState(variables, new Map(macros));
      try {
        run(state);
      } catch (error) {
        if (error instanceof Leave) return state.out;
        if (error instanceof RegexTimeout) throw new TemplateError(error.message, { cause: error });
        if (error instanceof RangeError) throw new TemplateError('the template is nested too deeply', { cause: error });
        throw error;
      }
      return state.out;
    },
  };
}

interface Read {
  body: Statement[];
  macros: Map<string, MacroDefinition>;
  run: Render;
}

function readTemplate(source: string): Read {
  if (Buffer.byteLength(source) > TEMPLATE_LIMITS.templateBytes) {
    throw new TemplateSyntaxError(
      'a mapping template has at most 300 KB: it ends',
      source,
      TEMPLATE_LIMITS.templateBytes,
    );
  }
  try {
    const body = parseTemplate(source);
    const macros = new Map<string, MacroDefinition>();
    collectMacros(body, macros);
    return { body, macros, run: compileBlock(body) };
  } catch (error) {
    // chains such as 1 + 1 + … are trees as deep as they are long
    if (error instanceof RangeError) throw new TemplateSyntaxError('nested too deeply', source, 0);
    throw error;
  }
}

/** Macros exist in the whole text, wherever they are defined. */
function collectMacros(body: readonly Statement[], macros: Map<string, MacroDefinition>): void {
  for (const statement of body) {
    if (statement.type === 'macro') {
      macros.set(statement.name, { parameters: statement.parameters, body: statement.body });
      collectMacros(statement.body, macros);
    } else if (statement.type === 'if') {
      for (const branch of statement.branches) collectMacros(branch.body, macros);
      if (statement.otherwise) collectMacros(statement.otherwise, macros);
    } else if ('body' in statement && statement.body) {
      collectMacros(statement.body, macros);
    }
  }
}

function compileBlock(body: readonly Statement[]): Render {
  const parts = body.filter((statement) => statement.type !== 'macro').map(compileStatement);
  if (parts.length === 1) return parts[0]!;
  return (state) => {
    for (const part of parts) part(state);
  };
}

function compileStatement(statement: Statement): Render {
  switch (statement.type) {
    case 'text':
      return (state) => state.write(statement.text);
    case 'reference':
      return printReference(statement.reference);
    case 'set':
      return compileSet(statement.target, compileExpression(statement.value));
    case 'if':
      return compileIf(statement);
    case 'foreach':
      return compileForeach(statement.variable, compileExpression(statement.over), compileBlock(statement.body));
    case 'define': {
      const body = compileBlock(statement.body);
      return (state) => void state.variables.set(statement.variable, new Block(state, body));
    }
    case 'macro':
      return () => {};
    case 'call':
      return compileCall(statement);
    case 'evaluate':
      return compileEvaluate(compileExpression(statement.source));
    case 'break':
    case 'stop':
      return () => {
        throw new Leave(statement.type);
      };
  }
}

/** `\$x` prints as `$x` where x is known and as it stands where it is not; a null reference prints nothing. */
function printReference(reference: Reference): Render {
  const value = compileReference(reference);
  const { escapes, source } = reference;
  if (escapes % 2 === 1) {
    const prefix = '\\'.repeat((escapes - 1) / 2);
    return (state) => state.write(value(state) === null ? `${prefix}\\${source}` : prefix + source);
  }
  if (escapes > 0) {
    const prefix = '\\'.repeat(escapes / 2);
    return (state) => {
      const found = value(state);
      state.write(found === null ? prefix + prefix : prefix + toText(found));
    };
  }
  return (state) => {
    const found = value(state);
    if (found !== null) state.write(toText(found));
  };
}

/** Velocity 1.7 leaves the variable as it was when the right side is null (directive.set.null.allowed = false). */
function compileSet(target: Reference, value: Evaluate): Render {
  const { name, path } = target;
  const last = path.at(-1);
  if (!last) {
    return (state) => {
      const found = value(state);
      state.spend(1);
      if (found !== null) state.variables.set(name, found);
    };
  }
  const owner = compileReference({ ...target, path: path.slice(0, -1) });
  if (last.type === 'method') {
    return () => {
      throw new TemplateError(`#set cannot assign to ${target.source}`);
    };
  }
  const index = last.type === 'index' ? compileExpression(last.index) : undefined;
  return (state) => {
    const object = owner(state);
    const found = value(state);
    state.spend(1);
    if (object === null || found === null) return;
    if (last.type === 'property') setProperty(object, last.name, found);
    else setIndex(object, index!(state), found);
  };
}

function compileIf(statement: Statement & { type: 'if' }): Render {
  const branches = statement.branches.map(({ test, body }) => ({
    test: compileExpression(test),
    body: compileBlock(body),
  }));
  const otherwise = statement.otherwise && compileBlock(statement.otherwise);
  return (state) => {
    state.spend(1);
    for (const branch of branches) {
      if (isTrue(branch.test(state))) return branch.body(state);
    }
    otherwise?.(state);
  };
}

function compileForeach(variable: string, over: Evaluate, body: Render): Render {
  return (state) => {
    const items = toIterable(over(state));
    if (!items) return;
    const { variables } = state;
    const saved = [variable, 'foreach', 'velocityCount', 'velocityHasNext'].map(
      (name) => [name, variables.get(name)] as const,
    );
    const outer = variables.get('foreach');
    const scope = new ForeachScope(outer instanceof ForeachScope ? outer : undefined);
    variables.set('foreach', scope);
    try {
      runLoop(state, variable, items, scope, body);
    } finally {
      for (const [name, value] of saved) {
        if (value === undefined) variables.delete(name);
        else variables.set(name, value);
      }
    }
  };
}

function runLoop(
  state: RenderState,
  variable: string,
  items: readonly Value[],
  scope: ForeachScope,
  body: Render,
): void {
  const { variables } = state;
  const count = Math.min(items.length, TEMPLATE_LIMITS.loopIterations);
  for (let i = 0; i < count; i++) {
    state.spend(4);
    scope.index = i;
    scope.hasNext = i + 1 < items.length;
    variables.set(variable, items[i]!);
    variables.set('velocityCount', i + 1);
    variables.set('velocityHasNext', scope.hasNext);
    try {
      body(state);
    } catch (error) {
      if (error instanceof Leave && error.kind === 'break') return;
      throw error;
    }
  }
}

/** Arguments are passed by name: each use evaluates them again, in the caller's terms. */
function compileCall(statement: Statement & { type: 'call' }): Render {
  const { name, source } = statement;
  const args = statement.arguments.map(compileExpression);
  const content = statement.body && compileBlock(statement.body);
  return (state) => {
    const macro = state.macros.get(name);
    state.spend(1);
    if (!macro) {
      state.write(source);
      content?.(state);
      return;
    }
    macro.run ??= compileBlock(macro.body);
    state.nested(() => runMacro(state, macro, args, content));
  };
}

function runMacro(state: RenderState, macro: MacroDefinition, args: Evaluate[], content: Render | undefined): void {
  const { variables } = state;
  const names = content ? [...macro.parameters, 'bodyContent'] : macro.parameters;
  const saved = names.map((name) => variables.get(name));
  // Evaluated before any of them is bound: an argument may be named like a parameter.
  const values = macro.parameters.map((_name, i) => args[i]?.(state) ?? null);
  if (content) values.push(new Block(state, content));
  names.forEach((name, i) => variables.set(name, values[i]!));
  try {
    macro.run!(state);
  } catch (error) {
    if (!(error instanceof Leave && error.kind === 'break')) throw error;
  } finally {
    names.forEach((name, i) => {
      const before = saved[i];
      if (before === undefined) variables.delete(name);
      else variables.set(name, before);
    });
  }
}

function compileEvaluate(source: Evaluate): Render {
  return (state) => {
    const text = source(state);
    if (typeof text !== 'string') return;
    state.spend(100 + text.length);
    const body = parseTemplate(text);
    collectMacros(body, state.macros);
    state.nested(() => compileBlock(body)(state));
  };
}

function compileExpression(expression: Expression): Evaluate {
  switch (expression.type) {
    case 'literal': {
      const { value } = expression;
      const constant: Value = value !== null && typeof value === 'object' ? new JavaDouble(value.double) : value;
      return () => constant;
    }
    case 'word':
      return () => expression.word;
    case 'interpolation': {
      const body = compileBlock(expression.body);
      return (state) => state.capture(body);
    }
    case 'reference':
      return compileReference(expression.reference);
    case 'list': {
      const items = expression.items.map(compileExpression);
      return (state) => {
        state.spend(items.length);
        return items.map((item) => item(state));
      };
    }
    case 'map':
      return compileMap(expression.entries);
    case 'range':
      return compileRange(compileExpression(expression.from), compileExpression(expression.to));
    case 'math': {
      const { operator } = expression;
      const left = compileExpression(expression.left);
      const right = compileExpression(expression.right);
      return (state) => {
        const result = compute(operator, left(state), right(state));
        state.spend(typeof result === 'string' ? 1 + result.length / 8 : 1);
        return result;
      };
    }
    case 'compare': {
      const { operator } = expression;
      const left = compileExpression(expression.left);
      const right = compileExpression(expression.right);
      return (state) => compare(operator, left(state), right(state));
    }
    case 'and':
    case 'or': {
      const left = compileExpression(expression.left);
      const right = compileExpression(expression.right);
      return expression.type === 'and'
        ? (state) => isTrue(left(state)) && isTrue(right(state))
        : (state) => isTrue(left(state)) || isTrue(right(state));
    }
    case 'not': {
      const operand = compileExpression(expression.operand);
      return (state) => !isTrue(operand(state));
    }
  }
}

function compileMap(entries: [Expression, Expression][]): Evaluate {
  const compiled = entries.map(([key, value]) => [compileExpression(key), compileExpression(value)] as const);
  return (state) => {
    const map: ValueMap = new Map();
    state.spend(compiled.length);
    for (const [key, value] of compiled) map.set(key(state), value(state));
    return map;
  };
}

function compileRange(from: Evaluate, to: Evaluate): Evaluate {
  return (state) => {
    const first = from(state);
    const last = to(state);
    if (typeof first !== 'number' || typeof last !== 'number') return null;
    const count = Math.abs(last - first) + 1;
    if (count > TEMPLATE_LIMITS.rangeItems) throw new TemplateError('a range is too long');
    state.spend(count);
    const step = last >= first ? 1 : -1;
    return Array.from({ length: count }, (_, i) => first + i * step);
  };
}

function compileReference(reference: Reference): Evaluate {
  const { name } = reference;
  const root: Evaluate = (state) => state.variables.get(name) ?? null;
  return reference.path.reduce(compileStep, root);
}

function compileStep(owner: Evaluate, step: Step): Evaluate {
  switch (step.type) {
    case 'property': {
      const { name } = step;
      return (state) => {
        const object = owner(state);
        return object === null ? null : getProperty(object, name);
      };
    }
    case 'index': {
      const index = compileExpression(step.index);
      return (state) => {
        const object = owner(state);
        return object === null ? null : getIndex(object, index(state));
      };
    }
    case 'method': {
      const { name } = step;
      const args = step.arguments.map(compileExpression);
      return (state) => {
        const object = owner(state);
        if (object === null) return null;
        state.spend(1);
        return callMethod(
          object,
          name,
          args.map((argument) => argument(state)),
          state,
        );
      };
    }
  }
}
