import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Settings } from '#shared/contract/settings';
import { useClient, useLive, useOrpc } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { useFailureToast } from '../../app/failure-toast';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { Segmented, Switch } from '../../ui/choice';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { AccessPanel } from '../access/access-panel';
import { VIEWER_SENTENCE } from '../access/use-block';
import { About } from './about';
import { NumberSetting } from './number-setting';
import styles from './settings-page.module.css';
import { VaultPanel } from './vault-panel';

export default function SettingsPage() {
  const settings = useLive((state) => state.settings);
  return (
    <Page title="Settings" lead="They are kept on this desk." width="form">
      {settings && <Panels settings={settings} />}
    </Page>
  );
}

function Panels({ settings }: { settings: Settings }) {
  const client = useClient();
  const dialogs = useDialogs();
  const info = useQuery(useOrpc().app.info.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  const update = useMutation({
    mutationFn: (changes: Partial<Settings>) => client.settings.update(changes),
    onError: useFailureToast(),
  });
  const viewer = useLive((state) => state.access?.viewer ?? false);
  const change = (changes: Partial<Settings>) => update.mutate(changes);
  return (
    <div className={styles.panels}>
      <Panel title="Appearance">
        <Stack gap="large">
          <Row name="Theme">
            <Segmented
              label="Theme"
              value={settings.theme}
              options={[
                { value: 'system', label: 'As the system' },
                { value: 'light', label: 'Light' },
                { value: 'dark', label: 'Dark' },
              ]}
              onChange={(theme) => change({ theme })}
            />
          </Row>
          <Row name="Density">
            <Segmented
              label="Density"
              value={settings.density}
              options={[
                { value: 'comfortable', label: 'Comfortable' },
                { value: 'compact', label: 'Compact' },
              ]}
              onChange={(density) => change({ density })}
            />
          </Row>
          <Switch
            label="Single keys are commands"
            hint="Such as / to search and ? for help. Switch it off where an input method needs them."
            checked={settings.singleKeys}
            onChange={(singleKeys) => change({ singleKeys })}
          />
          <Row name="Groups">
            <Button onClick={() => dialogs.open({ type: 'groups' })}>Manage groups</Button>
          </Row>
        </Stack>
      </Panel>
      <VaultPanel />
      <AccessPanel />
      <Panel title="Watching" note={viewer ? VIEWER_SENTENCE : undefined}>
        <Stack gap="large">
          <NumberSetting
            label="Ask clusters while a window shows them"
            unit="s"
            field="pollSeenS"
            value={settings.pollSeenS}
            onChange={change}
            disabled={viewer}
          />
          <NumberSetting
            label="Ask clusters while no window shows them"
            unit="s"
            field="pollHiddenS"
            value={settings.pollHiddenS}
            onChange={change}
            disabled={viewer}
          />
          <NumberSetting
            label="Keep history on this desk"
            unit="d"
            field="historyDays"
            value={settings.historyDays}
            onChange={change}
            disabled={viewer}
          />
          <NumberSetting
            label="Keep the audit on this desk"
            unit="d"
            field="auditDays"
            value={settings.auditDays}
            onChange={change}
            disabled={viewer}
          />
          <Switch
            label="Notifications"
            hint="Tell when a cluster needs you, and when a long operation ends while no window is seen."
            checked={settings.notifications}
            disabled={viewer}
            onChange={(notifications) => change({ notifications })}
          />
          {info.data?.host === 'electron' && (
            <Switch
              label="Go on in the tray"
              hint="Closing the window leaves Clusterdeck watching."
              checked={settings.closeToTray}
              disabled={viewer}
              onChange={(closeToTray) => change({ closeToTray })}
            />
          )}
        </Stack>
      </Panel>
      <About info={info.data} />
    </div>
  );
}

function Row(props: { name: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <span className={styles.name} aria-hidden>
        {props.name}
      </span>
      {props.children}
    </div>
  );
}
