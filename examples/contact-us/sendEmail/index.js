'use strict';
// Written for the first Lambda runtimes and never touched since: callback style, SDK version 2, no endpoint anywhere.
var AWS = require('aws-sdk');

var ses = new AWS.SES();

var ADDRESS = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

exports.handler = function (event, context) {
  console.log('Received event:', JSON.stringify(event));
  if (!event.fullname || !ADDRESS.test(event.emailid || '')) {
    context.fail('Invalid request: a name and a mail address are needed');
    return;
  }
  var params = {
    Source: process.env.SENDER,
    Destination: { ToAddresses: [process.env.RECIPIENT] },
    ReplyToAddresses: [event.emailid],
    Message: {
      Subject: { Data: 'Contact request from ' + event.fullname },
      Body: {
        Text: {
          Data: 'Name: ' + event.fullname + '\nMail: ' + event.emailid + '\nCompany: ' + (event.company || '-') + '\n',
        },
      },
    },
  };
  ses.sendEmail(params, function (error, data) {
    if (error) {
      console.log(error, error.stack);
      context.fail('Error sending mail: ' + error);
    } else {
      context.succeed({ status: 'sent', messageId: data.MessageId });
    }
  });
};
