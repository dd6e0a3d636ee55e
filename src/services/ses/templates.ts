// Templates and their language: {{name}}, {{#if}}, {{#each}}… (SES developer guide, "Advanced email personalization", 2026-11).
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import { invalidParameterValue, templateDoesNotExist } from './errors.ts';
import { composeMime } from './mime.ts';
import { renderTemplate, templateFault } from './render.ts';
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
  if (!subject) throw invalidParameterValue('The subject must be specified.');
  if (!text && !html) throw invalidTemplate(name, 'One of HtmlPart or TextPart must be specified.');
  if (Buffer.byteLength(`${subject}${text ?? ''}${html ?? ''}`) > TEMPLATE_BYTES_MAX) {
    throw invalidTemplate(name, 'The size of the template exceeds the limit of 500 KB.');
  }
  for (const part of [subject, text, html]) {
    const fault = part === undefined ? undefined : templateFault(part);
    if (fault !== undefined) throw invalidTemplate(name, fault);
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

/** A template that cannot be filled in does not stop the call: SES accepts the message, and tells later that it failed. */
export function renderForSending(
  template: Parameters<typeof render>[0],
  dataText: string | undefined,
): Rendered & { failure?: string } {
  try {
    return render(template, dataText);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'MissingRenderingAttribute') throw error;
    const { subject = '', text, html } = template;
    return { subject, text, html, failure: error.message };
  }
}

/** TestRenderTemplate answers the message as it would be sent, without its addresses. */
export async function renderMime(context: Context, name: string, dataText: string | undefined): Promise<string> {
  const { subject, text, html } = render(await requireTemplate(context, name), dataText);
  const id = context.ids.uuid();
  const mail = { source: '', to: [], cc: [], bcc: [], replyTo: [], subject: { data: subject } };
  const parts = {
    ...(text !== undefined && { text: { data: text } }),
    ...(html !== undefined && { html: { data: html } }),
  };
  return (await composeMime({ ...mail, ...parts }, id, context)).toString();
}
