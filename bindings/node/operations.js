// The operations, and what they take and give. Made from the operations themselves: do not change this file.
'use strict'

const { Face, each } = require('./face.js')

class AccessOperations extends Face {
  static capability = 'access'

  checkAudit(request = {}) {
    return this._call('check_audit', request)
  }

  createKey(request = {}) {
    return this._call('create_key', request)
  }

  followAudit(request = {}) {
    return this._open('follow_audit', request)
  }

  listKeys(request = {}) {
    return this._call('list_keys', request)
  }

  readAudit(request = {}) {
    return this._call('read_audit', request)
  }

  revokeKey(request = {}) {
    return this._call('revoke_key', request)
  }
}

class CertificatesOperations extends Face {
  static capability = 'certificates'

  accept(request = {}) {
    return this._call('accept', request)
  }

  activateAuthority(request = {}) {
    return this._call('activate_authority', request)
  }

  audit(request = {}) {
    return this._call('audit', request)
  }

  authorities(request = {}) {
    return this._call('authorities', request)
  }

  authority(request = {}) {
    return this._call('authority', request)
  }

  believeClock(request = {}) {
    return this._call('believe_clock', request)
  }

  certificate(request = {}) {
    return this._call('certificate', request)
  }

  certificates(request = {}) {
    return this._call('certificates', request)
  }

  checkAudit(request = {}) {
    return this._call('check_audit', request)
  }

  createAuthority(request = {}) {
    return this._call('create_authority', request)
  }

  exportAudit(request = {}) {
    return this._open('export_audit', request)
  }

  finishRequest(request = {}) {
    return this._call('finish_request', request)
  }

  group(request = {}) {
    return this._call('group', request)
  }

  groups(request = {}) {
    return this._call('groups', request)
  }

  policy(request = {}) {
    return this._call('policy', request)
  }

  proposal(request = {}) {
    return this._call('proposal', request)
  }

  proposals(request = {}) {
    return this._call('proposals', request)
  }

  publish(request = {}) {
    return this._call('publish', request)
  }

  putGroup(request = {}) {
    return this._call('put_group', request)
  }

  putPolicy(request = {}) {
    return this._call('put_policy', request)
  }

  request(request = {}) {
    return this._call('request', request)
  }

  requests(request = {}) {
    return this._call('requests', request)
  }

  retireAuthority(request = {}) {
    return this._call('retire_authority', request)
  }

  revocationList(request = {}) {
    return this._call('revocation_list', request)
  }

  revoke(request = {}) {
    return this._call('revoke', request)
  }

  revokeApplication(request = {}) {
    return this._call('revoke_application', request)
  }

  startNewKeyPairRequest(request = {}) {
    return this._call('start_new_key_pair_request', request)
  }

  startSigningRequest(request = {}) {
    return this._call('start_signing_request', request)
  }

  status(request = {}) {
    return this._call('status', request)
  }

  vote(request = {}) {
    return this._call('vote', request)
  }

  watch(request = {}) {
    return this._open('watch', request)
  }

  withdraw(request = {}) {
    return this._call('withdraw', request)
  }

  withdrawProposal(request = {}) {
    return this._call('withdraw_proposal', request)
  }
}

class ConfigurationOperations extends Face {
  static capability = 'configuration'

  addEntries(request = {}) {
    return this._call('add_entries', request)
  }

  addNodes(request = {}) {
    return this._call('add_nodes', request)
  }

  entries(request = {}) {
    return this._call('entries', request)
  }

  history(request = {}) {
    return this._call('history', request)
  }

  removeEntries(request = {}) {
    return this._call('remove_entries', request)
  }

  removeNodes(request = {}) {
    return this._call('remove_nodes', request)
  }

  replaceEntries(request = {}) {
    return this._call('replace_entries', request)
  }

  restore(request = {}) {
    return this._call('restore', request)
  }

  startWriters(request = {}) {
    return this._call('start_writers', { ...request, writers: each('writerGroup', request.writers) })
  }

  stopWriters(request = {}) {
    return this._call('stop_writers', { ...request, writers: each('writerGroup', request.writers) })
  }

  updateEntries(request = {}) {
    return this._call('update_entries', request)
  }

  updateNodes(request = {}) {
    return this._call('update_nodes', request)
  }
}

class DevicesOperations extends Face {
  static capability = 'devices'

  beginRollOut(request = {}) {
    return this._call('begin_roll_out', request)
  }

  confirmDevice(request = {}) {
    return this._call('confirm_device', request)
  }

  device(request = {}) {
    return this._call('device', request)
  }

  devices(request = {}) {
    return this._call('devices', request)
  }

  explain(request = {}) {
    return this._call('explain', request)
  }

  presented(request = {}) {
    return this._call('presented', request)
  }

  push(request = {}) {
    return this._call('push', request)
  }

  putDevice(request = {}) {
    return this._call('put_device', request)
  }

  putTrustGraph(request = {}) {
    return this._call('put_trust_graph', request)
  }

  rehearse(request = {}) {
    return this._call('rehearse', request)
  }

  releaseRollOut(request = {}) {
    return this._call('release_roll_out', request)
  }

  removeDevice(request = {}) {
    return this._call('remove_device', request)
  }

  retry(request = {}) {
    return this._call('retry', request)
  }

  rollOut(request = {}) {
    return this._call('roll_out', request)
  }

  rollOuts(request = {}) {
    return this._call('roll_outs', request)
  }

  stopRollOut(request = {}) {
    return this._call('stop_roll_out', request)
  }

  trustGraph(request = {}) {
    return this._call('trust_graph', request)
  }

  trustList(request = {}) {
    return this._call('trust_list', request)
  }

  watch(request = {}) {
    return this._open('watch', request)
  }
}

class DiscoveryOperations extends Face {
  static capability = 'discovery'

  cancel(request = {}) {
    return this._call('cancel', request)
  }

  explain(request = {}) {
    return this._call('explain', request)
  }

  progress(request = {}) {
    return this._open('progress', request)
  }

  results(request = {}) {
    return this._call('results', request)
  }

  run(request = {}) {
    return this._call('run', request)
  }

  runs(request = {}) {
    return this._call('runs', request)
  }

  start(request = {}) {
    return this._call('start', request)
  }
}

class EdgeOperations extends Face {
  static capability = 'edge'

  diagnostics(request = {}) {
    return this._call('diagnostics', request)
  }

  keyFrames(request = {}) {
    return this._call('key_frames', { ...request, of: each('writerGroup', request.of) })
  }

  missing(request = {}) {
    return this._call('missing', request)
  }

  nodes(request = {}) {
    return this._call('nodes', request)
  }

  watchDiagnostics(request = {}) {
    return this._open('watch_diagnostics', request)
  }
}

class EnrolmentOperations extends Face {
  static capability = 'enrolment'

  enroll(request = {}) {
    return this._call('enroll', request)
  }

  invitations(request = {}) {
    return this._call('invitations', request)
  }

  invite(request = {}) {
    return this._call('invite', request)
  }

  standing(request = {}) {
    return this._call('standing', request)
  }

  withdrawInvitation(request = {}) {
    return this._call('withdraw_invitation', request)
  }
}

class RegistryOperations extends Face {
  static capability = 'registry'

  activate(request = {}) {
    return this._call('activate', request)
  }

  addApplication(request = {}) {
    return this._call('add_application', request)
  }

  adopt(request = {}) {
    return this._call('adopt', request)
  }

  application(request = {}) {
    return this._call('application', request)
  }

  applications(request = {}) {
    return this._call('applications', request)
  }

  deactivate(request = {}) {
    return this._call('deactivate', request)
  }

  decideApplication(request = {}) {
    return this._call('decide_application', request)
  }

  decideEdge(request = {}) {
    return this._call('decide_edge', request)
  }

  deleteApplication(request = {}) {
    return this._call('delete_application', request)
  }

  disable(request = {}) {
    return this._call('disable', request)
  }

  edges(request = {}) {
    return this._call('edges', request)
  }

  enable(request = {}) {
    return this._call('enable', request)
  }

  endpoint(request = {}) {
    return this._call('endpoint', request)
  }

  endpoints(request = {}) {
    return this._call('endpoints', request)
  }

  purge(request = {}) {
    return this._call('purge', request)
  }

  putSite(request = {}) {
    return this._call('put_site', request)
  }

  release(request = {}) {
    return this._call('release', request)
  }

  removeEdge(request = {}) {
    return this._call('remove_edge', request)
  }

  removeSite(request = {}) {
    return this._call('remove_site', request)
  }

  run(request = {}) {
    return this._call('run', request)
  }

  runs(request = {}) {
    return this._call('runs', request)
  }

  sites(request = {}) {
    return this._call('sites', request)
  }

  updateApplication(request = {}) {
    return this._call('update_application', request)
  }

  watch(request = {}) {
    return this._open('watch', request)
  }
}

class TwinOperations extends Face {
  static capability = 'twin'

  acknowledge(request = {}) {
    return this._call('acknowledge', { ...request, events: each('condition', request.events) })
  }

  addComment(request = {}) {
    return this._call('add_comment', { ...request, events: each('condition', request.events) })
  }

  alarms(request = {}) {
    return this._call('alarms', request)
  }

  browse(request = {}) {
    return this._call('browse', request)
  }

  browseNext(request = {}) {
    return this._call('browse_next', request)
  }

  call(request = {}) {
    return this._call('call', request)
  }

  capabilities(request = {}) {
    return this._call('capabilities', request)
  }

  confirm(request = {}) {
    return this._call('confirm', { ...request, events: each('condition', request.events) })
  }

  connection(request = {}) {
    return this._call('connection', request)
  }

  crawl(request = {}) {
    return this._open('crawl', request)
  }

  diagnostics(request = {}) {
    return this._call('diagnostics', request)
  }

  disable(request = {}) {
    return this._call('disable', request)
  }

  disconnect(request = {}) {
    return this._call('disconnect', request)
  }

  enable(request = {}) {
    return this._call('enable', request)
  }

  fileChange(request = {}) {
    return this._call('file_change', request)
  }

  fileList(request = {}) {
    return this._call('file_list', request)
  }

  fileRead(request = {}) {
    return this._call('file_read', request)
  }

  fileWrite(request = {}) {
    return this._call('file_write', request)
  }

  historyRead(request = {}) {
    return this._call('history_read', request)
  }

  historyUpdate(request = {}) {
    return this._call('history_update', request)
  }

  method(request = {}) {
    return this._call('method', request)
  }

  node(request = {}) {
    return this._call('node', request)
  }

  read(request = {}) {
    return this._call('read', { ...request, nodes: each('node', request.nodes) })
  }

  respond(request = {}) {
    return this._call('respond', request)
  }

  shelve(request = {}) {
    return this._call('shelve', { ...request, alarms: each('condition', request.alarms) })
  }

  testConnection(request = {}) {
    return this._call('test_connection', request)
  }

  translate(request = {}) {
    return this._call('translate', request)
  }

  unshelve(request = {}) {
    return this._call('unshelve', request)
  }

  watchAlarms(request = {}) {
    return this._open('watch_alarms', request)
  }

  watchEvents(request = {}) {
    return this._open('watch_events', request)
  }

  watchValues(request = {}) {
    return this._open('watch_values', { ...request, nodes: each('node', request.nodes) })
  }

  write(request = {}) {
    return this._call('write', request)
  }
}

module.exports = { AccessOperations, CertificatesOperations, ConfigurationOperations, DevicesOperations, DiscoveryOperations, EdgeOperations, EnrolmentOperations, RegistryOperations, TwinOperations }
