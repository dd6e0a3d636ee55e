// java.util.Formatter for what templates use: %s %S %d %x %X %o %f %e %b %c %n %% with flags, width and precision.
import { isNumber, JavaDouble, TemplateError, toText, type Value } from '../values.ts';

const SPECIFIER = /%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;
const WIDTH_MAX = 10_000;

export function formatJava(pattern: string, args: Value[]): string {
  let next = 0;
  return pattern.replace(SPECIFIER, (all, position, flags: string, width, precision, kind: string) => {
    if (kind === 'n') return '\n';
    if (kind === '%') return '%';
    const index = position === undefined ? next++ : Number(position) - 1;
    if (index >= args.length) throw new TemplateError(`Format specifier '${all}'`);
    const digits = precision === undefined ? undefined : Math.min(Number(precision), 100);
    const text = convert(args[index]!, kind, flags, digits, all);
    return pad(text, Math.min(Number(width ?? 0), WIDTH_MAX), flags);
  });
}

function convert(value: Value, kind: string, flags: string, precision: number | undefined, all: string): string {
  switch (kind) {
    case 's':
    case 'S': {
      const text = (value === null ? 'null' : toText(value)).slice(0, precision);
      return kind === 'S' ? text.toUpperCase() : text;
    }
    case 'b':
      return String(value !== null && value !== false);
    case 'c':
      return typeof value === 'number' ? String.fromCodePoint(value) : toText(value).slice(0, 1);
    case 'd':
    case 'x':
    case 'X':
    case 'o':
      return integer(value, kind, flags, all);
    case 'f':
    case 'e':
      return fraction(value, kind, flags, precision ?? 6, all);
    default:
      throw new TemplateError(`Conversion = '${kind}'`);
  }
}

function integer(value: Value, kind: string, flags: string, all: string): string {
  if (value === null) return 'null';
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new TemplateError(`${all} != ${typeof value}`);
  if (kind !== 'd') {
    const text = value.toString(kind === 'o' ? 8 : 16);
    return kind === 'X' ? text.toUpperCase() : text;
  }
  return signed(grouped(String(value), flags), flags);
}

function fraction(value: Value, kind: string, flags: string, precision: number, all: string): string {
  if (value === null) return 'null';
  if (!isNumber(value)) throw new TemplateError(`${all} != ${typeof value}`);
  const number = value instanceof JavaDouble ? value.value : Number(value);
  if (kind === 'e') return signed(number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2'), flags);
  return signed(grouped(number.toFixed(precision), flags), flags);
}

const grouped = (text: string, flags: string): string =>
  flags.includes(',') ? text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',') : text;

const signed = (text: string, flags: string): string => {
  if (text.startsWith('-')) return text;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
};

function pad(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
