import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import { placeOf, templates } from '../store.ts';
import {
  createTemplate as create,
  renderMime,
  requireTemplate,
  updateTemplate as update,
  type TemplateText,
} from '../templates.ts';

type V1Template = { TemplateName?: string; SubjectPart?: string; TextPart?: string; HtmlPart?: string };
const textOf = (template: V1Template): TemplateText => ({
  name: template.TemplateName,
  subject: template.SubjectPart,
  text: template.TextPart,
  html: template.HtmlPart,
});
const exists = (name: string): Error =>
  new ServiceError('AlreadyExists', `Template ${name} already exists.`, 400, { fields: { Name: name } });

export const createTemplate: Operation<'ses', 'CreateTemplate'> = async (input, context) => {
  await create(context, textOf(input.Template as V1Template), exists);
  return {};
};
export const updateTemplate: Operation<'ses', 'UpdateTemplate'> = async (input, context) => {
  await update(context, textOf(input.Template as V1Template));
  return {};
};
export const getTemplate: Operation<'ses', 'GetTemplate'> = async (input, context) => {
  const { name, subject, text, html } = await requireTemplate(context, input.TemplateName);
  return { Template: { TemplateName: name, SubjectPart: subject, TextPart: text, HtmlPart: html } };
};
export const deleteTemplate: Operation<'ses', 'DeleteTemplate'> = async (input, context) => {
  await context.store.transact((tx) => templates.remove(tx, placeOf(context), input.TemplateName));
  return {};
};
export const listTemplates: Operation<'ses', 'ListTemplates'> = async (input, context) => {
  const limit = Math.min(input.MaxItems || 10, 100);
  const page = await templates.list(context.store, placeOf(context), input.NextToken, limit + 1);
  const shown = page.slice(0, limit);
  return {
    TemplatesMetadata: shown.map((template) => ({
      Name: template.name,
      CreatedTimestamp: new Date(template.createdAt),
    })),
    ...(page.length > limit && { NextToken: shown.at(-1)?.name }),
  };
};
export const testRenderTemplate: Operation<'ses', 'TestRenderTemplate'> = async (input, context) => ({
  RenderedTemplate: await renderMime(context, input.TemplateName, input.TemplateData),
});
