import type { Operation } from '#kernel/service.ts';
import { alreadyExists, inVersion2, notFound } from '../errors.ts';
import { placeOf, templates } from '../store.ts';
import { createTemplate, renderMime, requireTemplate, updateTemplate, type TemplateText } from '../templates.ts';

type V2Content = { Subject?: string; Text?: string; Html?: string } | undefined;
const textOf = (name: string, content: V2Content): TemplateText => ({
  name,
  subject: content?.Subject,
  text: content?.Text,
  html: content?.Html,
});

export const createEmailTemplate: Operation<'sesv2', 'CreateEmailTemplate'> = (input, context) =>
  inVersion2(async () => {
    const exists = (name: string): Error => alreadyExists(`Template ${name} already exists.`);
    await createTemplate(context, textOf(input.TemplateName, input.TemplateContent as V2Content), exists);
    return {};
  });
export const updateEmailTemplate: Operation<'sesv2', 'UpdateEmailTemplate'> = (input, context) =>
  inVersion2(async () => {
    await updateTemplate(context, textOf(input.TemplateName, input.TemplateContent as V2Content));
    return {};
  });
export const getEmailTemplate: Operation<'sesv2', 'GetEmailTemplate'> = (input, context) =>
  inVersion2(async () => {
    const { name, subject, text, html } = await requireTemplate(context, input.TemplateName);
    return { TemplateName: name, TemplateContent: { Subject: subject, Text: text, Html: html } };
  });
export const deleteEmailTemplate: Operation<'sesv2', 'DeleteEmailTemplate'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    if (!(await templates.find(tx, placeOf(context), input.TemplateName)))
      throw notFound(`Template ${input.TemplateName} does not exist`);
    templates.remove(tx, placeOf(context), input.TemplateName);
  });
  return {};
};
export const listEmailTemplates: Operation<'sesv2', 'ListEmailTemplates'> = async (input, context) => {
  const limit = Math.min(input.PageSize || 10, 100);
  const page = await templates.list(context.store, placeOf(context), input.NextToken, limit + 1);
  const shown = page.slice(0, limit);
  return {
    TemplatesMetadata: shown.map((template) => ({
      TemplateName: template.name,
      CreatedTimestamp: new Date(template.createdAt),
    })),
    ...(page.length > limit && { NextToken: shown.at(-1)?.name }),
  };
};
export const testRenderEmailTemplate: Operation<'sesv2', 'TestRenderEmailTemplate'> = (input, context) =>
  inVersion2(async () => ({ RenderedTemplate: await renderMime(context, input.TemplateName, input.TemplateData) }));
