// maskgit-plus (MaskGIT, Chang et al., 2022; as in Dream): the surest positions are those whose token is the most probable.
import { byConfidence, ownProbability } from './confidence-order.js';

export const maskgitPlus = byConfidence(ownProbability);
