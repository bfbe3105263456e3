import type { ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { DialogRequest } from '../../app/dialogs';
import { MintDialog } from './mint-dialog';
import { MissingDialog } from './missing-dialog';
import { SecondFactorDialog } from './second-factor-dialog';
import { SignInDialog } from './sign-in-dialog';
import { TestDialog } from './test-dialog';
import { TrustDialog } from './trust-dialog';

export interface ClusterDialogProps {
  cluster: Cluster;
  onClose: () => void;
}

const DIALOGS = {
  test: TestDialog,
  trust: TrustDialog,
  secondFactor: SecondFactorDialog,
  signIn: SignInDialog,
  mint: MintDialog,
  missing: MissingDialog,
} satisfies Partial<Record<DialogRequest['type'], (props: ClusterDialogProps) => ReactNode>>;

/** The dialogs about the connection of one saved cluster. */
export function ConnectionDialogs(props: ClusterDialogProps & { type: keyof typeof DIALOGS }) {
  const { type, ...rest } = props;
  const Chosen = DIALOGS[type];
  return <Chosen {...rest} />;
}
