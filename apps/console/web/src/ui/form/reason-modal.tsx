import { Form, Input, Modal, Typography } from 'antd';
import { type ReactNode, useId } from 'react';
import { t } from '../../text/text.js';
import { ReasonField, type ReasonFieldProps } from './reason-field.js';

export interface ReasonModalProps extends Pick<ReasonFieldProps, 'isReasonRequired'> {
  isOpen: boolean;
  title: string;
  /** On the button that acts. */
  verb: string;
  /** What will happen, and to how many. */
  children?: ReactNode;
  /** Cannot be undone, or reaches all users. */
  isDangerous?: boolean | undefined;
  /** Has to be typed before anything happens. */
  nameToType?: string | undefined;
  isPending?: boolean;
  /** The values of further form items among the children. */
  initial?: object | undefined;
  /** The modal stays open until `isOpen` changes. @param values those of further form items. */
  onConfirm(reason: string, values: object): void;
  onCancel(): void;
}

/** Confirms an action and asks for its reason, which the audit trail keeps. */
export function ReasonModal(props: ReasonModalProps) {
  const { isOpen, title, verb, children, isDangerous = false, isReasonRequired, nameToType } = props;
  const [form] = Form.useForm<{ reason?: string; typed?: string }>();
  // Another one may be open behind it, whose inputs would have the same ids.
  const id = useId();
  return (
    <Modal
      open={isOpen}
      title={title}
      okText={verb}
      okButtonProps={{ danger: isDangerous, htmlType: 'submit', loading: props.isPending ?? false }}
      onCancel={props.onCancel}
      destroyOnHidden
      modalRender={(dialog) => (
        <Form
          form={form}
          name={id}
          layout="vertical"
          requiredMark={false}
          clearOnDestroy
          initialValues={props.initial ?? {}}
          onFinish={({ reason = '', typed: _, ...values }) => props.onConfirm(reason.trim(), values)}
        >
          {dialog}
        </Form>
      )}
    >
      {typeof children === 'string' ? <Typography.Paragraph>{children}</Typography.Paragraph> : children}
      {nameToType !== undefined && (
        <Form.Item
          name="typed"
          label={t('typeName', { name: nameToType })}
          rules={[{ required: true, enum: [nameToType], type: 'enum', message: '' }]}
        >
          <Input autoComplete="off" />
        </Form.Item>
      )}
      <ReasonField isReasonRequired={isReasonRequired} autoFocus={nameToType === undefined} />
    </Modal>
  );
}
