"""Counterfactuals: at which moment of an episode did an outcome become likely?"""
