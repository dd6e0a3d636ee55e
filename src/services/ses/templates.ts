// Templates and their language: {{name}}, {{#if}}, {{#each}}… (SES developer guide, "Advanced email personalization", 2026-11).
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import { invalidParameterValue, templateDoesNotExist } from './errors.ts';
import { renderTemplate } from './render.ts';
import { placeOf, templates, type Template } from './store.ts';

/** "A template can be up to 500 KB in size, including both the text and HTML parts." */
const TEMPLATE_BYTES_MAX = 500 * 1024;
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export interface TemplateText {
  name: string | undefined;
  subject?: string | undefined;
  text?: string | undefined;
  html?: string | undefined;
}

const invalidTemplate = (name: string, message: string): ServiceError =>
  new ServiceError('InvalidTemplate', message, 400, { fields: { TemplateName: name } });

export function checkTemplate(template: TemplateText): Omit<Template, 'createdAt'> {
  const { name = '', subject, text, html } = template;
  if (!NAME.test(name))
    throw invalidParameterValue('The template name must be between 1 and 64 letters, digits, hyphens or underscores.');
  if (!subject) throw invalidTemplate(name, 'The subject must be specified.');
  if (!text && !html) throw invalidTemplate(name, 'One of HtmlPart or TextPart must be specified.');
  if (Buffer.byteLength(`${subject}${text ?? ''}${html ?? ''}`) > TEMPLATE_BYTES_MAX) {
    throw invalidTemplate(name, 'The size of the template exceeds the limit of 500 KB.');
  }
  return { name, subject, text, html };
}

export async function createTemplate(
  context: Context,
  template: TemplateText,
  exists: (name: string) => Error,
): Promise<void> {
  const checked = checkTemplate(template);
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    if (await templates.find(tx, at, checked.name)) throw exists(checked.name);
    templates.put(tx, at, { ...checked, createdAt: context.clock.now() });
  });
}

export async function updateTemplate(context: Context, template: TemplateText): Promise<void> {
  const checked = checkTemplate(template);
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    const known = await templates.find(tx, at, checked.name);
    if (!known) throw templateDoesNotExist(checked.name);
    templates.put(tx, at, { ...known, ...checked });
  });
}

export async function requireTemplate(context: Context, name: string): Promise<Template> {
  const template = await templates.find(context.store, placeOf(context), name);
  if (!template) throw templateDoesNotExist(name);
  return template;
}

export interface Rendered {
  subject: string;
  text?: string | undefined;
  html?: string | undefined;
}

export function render(
  template: Omit<Template, 'createdAt' | 'name'> & { name?: string },
  dataText: string | undefined,
): Rendered {
  let data: unknown;
  try {
    data = JSON.parse(dataText || '{}');
  } catch {
    throw new ServiceError('InvalidRenderingParameter', 'Template rendering data is invalid', 400, {
      fields: { TemplateName: template.name },
    });
  }
  try {
    return {
      subject: renderTemplate(template.subject ?? '', data, false),
      text: template.text === undefined ? undefined : renderTemplate(template.text, data, false),
      html: template.html === undefined ? undefined : renderTemplate(template.html, data, true),
    };
  } catch (error) {
    throw new ServiceError('MissingRenderingAttribute', (error as Error).message, 400, {
      fields: { TemplateName: template.name },
    });
  }
}
