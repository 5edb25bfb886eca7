import iiot from './index.js'

export const { AccessOperations, ConfigurationOperations, DiscoveryOperations, EdgeOperations, Hub, IiotError, RegistryOperations, Stream, Twin, TwinOperations, kinds } = iiot
export default iiot
