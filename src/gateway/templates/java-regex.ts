// java.util.regex's notation in JavaScript's. What differs: inline flags, \Q…\E, POSIX classes, possessive quantifiers
// and atomic groups (not available here: they are read as greedy), \h, \R, \z; and the notation of replacements.
import { compileSafeRegex, type SafeRegex } from '#core/safe-regex.ts';
import { TemplateError } from './values.ts';

const CACHE_MAX = 500;
const cache = new Map<string, SafeRegex>();

const POSIX: Record<string, string> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '!-\\/:-@\\[-`{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F',
  XDigit: '0-9a-fA-F',
  Space: ' \\t\\n\\x0B\\f\\r',
  L: 'a-zA-Z\\u00aa\\u00b5\\u00ba\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02af\\u0370-\\u1fff\\u3040-\\ud7ff',
  Lu: 'A-Z\\u00c0-\\u00d6\\u00d8-\\u00de',
  Ll: 'a-z\\u00df-\\u00f6\\u00f8-\\u00ff',
  N: '0-9',
  Nd: '0-9',
  P: '!-\\/:-@\\[-`{-~',
};

/** Compiled once per expression; throws TemplateError for one that Java would refuse. `global` for replaceAll and split. */
export function compileJavaRegex(pattern: string, flags: '' | 'g' = ''): SafeRegex {
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known) return known;
  let compiled: SafeRegex;
  try {
    const { source, modes } = translateJavaPattern(pattern);
    compiled = compileSafeRegex(source, modes + flags);
  } catch (error) {
    throw new TemplateError(`the expression ${pattern} is not valid`, { cause: error });
  }
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value!);
  cache.set(key, compiled);
  return compiled;
}

/** matches(): the whole text. */
export function compileJavaMatch(pattern: string): SafeRegex {
  const { source, modes } = translateJavaPattern(pattern);
  return compileSafeRegex(`^(?:${source})$`, modes.replace('m', ''));
}

export function translateJavaPattern(pattern: string): { source: string; modes: string } {
  let modes = '';
  let rest = pattern;
  const inline = /^\(\?([imsuxUd]+)\)/.exec(rest);
  if (inline) {
    rest = rest.slice(inline[0].length);
    modes = inline[1]!.replace(/[^ims]/g, '');
  }
  let source = '';
  let inClass = 0;
  for (let i = 0; i < rest.length; i++) {
    const char = rest[i]!;
    if (char === '\\') {
      const [text, length] = translateEscape(rest, i, inClass > 0);
      source += text;
      i += length - 1;
    } else if (inClass) {
      if (char === ']') inClass--;
      if (char === '[' && !rest.startsWith('[:', i)) source += '\\[';
      else source += char;
    } else if (char === '[') {
      inClass = 1;
      source += char;
      // `[]a]` and `[^]a]`: Java takes the first bracket literally.
      const literal = /^\[(\^?)\]/.exec(rest.slice(i, i + 3));
      if (literal) {
        source += `${literal[1]}\\]`;
        i += literal[0].length - 1;
      }
    } else if (char === '+' && i > 0 && /[*+?}]/.test(rest[i - 1]!) && rest[i - 2] !== '\\') {
      continue; // possessive quantifier
    } else if (rest.startsWith('(?>', i)) {
      source += '(?:';
      i += 2;
    } else {
      source += char;
    }
  }
  return { source, modes };
}

/** One escape at `i`: its translation, and how many characters it took. */
function translateEscape(text: string, i: number, inClass: boolean): [string, number] {
  const next = text[i + 1];
  switch (next) {
    case undefined:
      throw new SyntaxError('a backslash at the end');
    case 'Q': {
      const end = text.indexOf('\\E', i + 2);
      const literal = text.slice(i + 2, end < 0 ? undefined : end);
      return [literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), (end < 0 ? text.length : end + 2) - i];
    }
    case 'p':
    case 'P': {
      const match = /^\\[pP](?:\{(?:Is|java)?(\w+)\}|(\w))/.exec(text.slice(i));
      const set = match ? POSIX[match[1] ?? match[2]!] : undefined;
      if (!match || set === undefined) throw new SyntaxError(`the class ${match?.[0] ?? next} is unknown`);
      if (inClass && next === 'P') throw new SyntaxError('a negated class inside a class');
      return [inClass ? set : `[${next === 'P' ? '^' : ''}${set}]`, match[0].length];
    }
    case 'h':
      return [inClass ? ' \\t\\xA0' : '[ \\t\\xA0]', 2];
    case 'R':
      return ['(?:\\r\\n|[\\n\\r\\u2028\\u2029])', 2];
    case 'A':
      return ['^', 2];
    case 'z':
    case 'Z':
      return ['$', 2];
    case 'a':
      return ['\\x07', 2];
    case 'e':
      return ['\\x1B', 2];
    default:
      return [`\\${next}`, 2];
  }
}

/** `$1`, `${name}`, `\$` to JavaScript's `$1`, `$<name>`, `$$`. */
export function translateReplacement(replacement: string): string {
  let out = '';
  for (let i = 0; i < replacement.length; i++) {
    const char = replacement[i]!;
    if (char === '\\') {
      const next = replacement[++i];
      if (next === undefined) throw new TemplateError('character to be escaped is missing');
      out += next === '$' ? '$$' : next;
    } else if (char === '$') {
      const group = /^\$(?:(\d)|\{([A-Za-z]\w*)\})/.exec(replacement.slice(i));
      if (!group) throw new TemplateError('Illegal group reference');
      out += group[1] === undefined ? `$<${group[2]}>` : group[1] === '0' ? '$&' : `$${group[1]}`;
      i += group[0].length - 1;
    } else {
      out += char;
    }
  }
  return out;
}
