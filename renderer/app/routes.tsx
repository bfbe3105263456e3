import { lazy, type ReactNode, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { DeckPage } from '../features/deck/deck-page';
import { NotFound } from './not-found';

const AddPage = lazy(() => import('../features/edit/add-page'));
const EditPage = lazy(() => import('../features/edit/edit-page'));
const GuestsPage = lazy(() => import('../features/guests/guests-page'));
const HandoffPage = lazy(() => import('../features/handoff/handoff-page'));
const MergePage = lazy(() => import('../features/merge/merge-page'));
const LeavePage = lazy(() => import('../features/handoff/leave-page'));
const RunPage = lazy(() => import('../features/handoff/run-page'));
const OperationsPage = lazy(() => import('../features/operations/operations-page'));
const ClusterPage = lazy(() => import('../features/cluster/cluster-page'));
const SyncPage = lazy(() => import('../features/sync/sync-page'));
const RemoteSyncPage = lazy(() => import('../features/sync/remote-sync-page'));
const ImportPage = lazy(() => import('../features/bundles/import-page'));
const AuditPage = lazy(() => import('../features/audit/audit-page'));
const SettingsPage = lazy(() => import('../features/settings/settings-page'));

/** Every page of the program; addresses are hashes (`#/guests`), which work on any host. */
export function Routes(): ReactNode {
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/">
          <DeckPage groupUuid={null} />
        </Route>
        <Route path="/groups/:groupUuid">
          {({ groupUuid }) => <DeckPage groupUuid={groupUuid} />}
        </Route>
        <Route path="/add" component={AddPage} />
        <Route path="/edit/:clusterId">
          {({ clusterId }) => <EditPage key={clusterId} clusterId={clusterId} />}
        </Route>
        <Route path="/guests" component={GuestsPage} />
        <Route path="/operations" component={OperationsPage} />
        <Route path="/operations/:clusterId/:id">
          {({ clusterId, id }) => <RunPage key={id} clusterId={clusterId} id={id} />}
        </Route>
        <Route path="/clusters/:clusterId/handoff">
          {({ clusterId }) => <HandoffPage key={clusterId} clusterId={clusterId} />}
        </Route>
        <Route path="/clusters/:clusterId/merge">
          {({ clusterId }) => <MergePage key={clusterId} clusterId={clusterId} />}
        </Route>
        <Route path="/clusters/:clusterId/leave/:node">
          {({ clusterId, node }) => (
            <LeavePage key={`${clusterId} ${node}`} clusterId={clusterId} node={node} />
          )}
        </Route>
        <Route path="/clusters/:clusterId/:tab?">
          {({ clusterId, tab }) => <ClusterPage key={clusterId} clusterId={clusterId} tab={tab} />}
        </Route>
        <Route path="/sync" component={SyncPage} />
        <Route path="/sync/:remoteUuid">
          {({ remoteUuid }) => <RemoteSyncPage key={remoteUuid} remoteUuid={remoteUuid} />}
        </Route>
        <Route path="/import" component={ImportPage} />
        {/* a host can change the hash alone: another query would load the page anew */}
        <Route path="/import/:offer">
          {({ offer }) => <Redirect to={`/import?offer=${offer}`} replace />}
        </Route>
        <Route path="/audit" component={AuditPage} />
        <Route path="/settings" component={SettingsPage} />
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}
