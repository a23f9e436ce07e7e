"""Common first names and surnames of a country, in ASCII for use in mail addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import gcd
from types import MappingProxyType
from typing import NamedTuple

_DANISH = (
    """
    Anders Anne Bente Birgitte Bo Camilla Carsten Charlotte Christian Dorthe Emil Flemming Frederik Gitte Hanne Helle
    Henrik Ida Inge Jakob Jan Jens Jesper Julie Karen Kasper Katrine Kim Kirsten Klaus Lars Lene Line Lone Mads Maria Mette
    Michael Mikkel Morten Nanna Niels Ole Per Peter Pia Rasmus Rikke Signe Simon Sofie Steen Stine Susanne Thomas Tina
    Torben Trine Ulla
    """,
    """
    Andersen Andreasen Bach Bang Bertelsen Bisgaard Brandt Bruun Carlsen Christensen Christiansen Clausen Dahl Dam Damgaard
    Eriksen Frandsen Frederiksen Friis Gregersen Hansen Hedegaard Henriksen Holm Iversen Jakobsen Jensen Jespersen Johansen
    Juhl Karlsen Kjeldsen Knudsen Kristensen Larsen Lassen Lauridsen Lind Lund Madsen Mikkelsen Mortensen Munk Nielsen
    Nissen Olesen Olsen Overgaard Pedersen Petersen Poulsen Rasmussen Schmidt Simonsen Skov Thomsen Thygesen Toft
    Vestergaard Villadsen Winther
    """,
)
_NORWEGIAN = (
    """
    Anita Anne Arne Astrid Atle Bente Berit Camilla Christian Dag Eirik Elin Eva Frode Geir Grete Guro Hanne Hege Heidi
    Helge Henrik Hilde Ida Inger Ingrid Ivar Jan Jon Kari Kjell Knut Kristin Lars Lise Magnus Marit Marius Mona Nina Odd Ola
    Per Petter Ragnhild Randi Roar Rune Sigrid Silje Siri Sissel Solveig Stein Svein Terje Tone Tor Trond Turid Unni
    """,
    """
    Aas Amundsen Andersen Antonsen Arnesen Bakke Berg Berge Berntsen Birkeland Bye Christensen Dahl Edvardsen Eide Eliassen
    Engen Eriksen Fredriksen Gulbrandsen Haga Hagen Halvorsen Hansen Haugen Helland Henriksen Holm Isaksen Iversen Jacobsen
    Jensen Johansen Karlsen Knutsen Kristiansen Larsen Lie Lien Lund Martinsen Mathisen Moen Myhre Myklebust Nilsen
    Nygaard Olsen Paulsen Pedersen Rasmussen Ruud Sandvik Simonsen Solberg Solheim Strand Sunde Svendsen Tangen Thorsen
    Tveit Vik
    """,
)
_FINNISH = (
    """
    Aino Aleksi Anna Annika Antti Arto Eero Eeva Elina Ella Emilia Esa Hanna Harri Heidi Heikki Helena Henri Ilkka Irina
    Jaana Jari Johanna Juha Jukka Kaisa Kalle Kari Katja Kirsi Lauri Leena Liisa Maija Marja Markku Markus Matti Mika Mikko
    Minna Niina Olli Paula Pekka Petri Pirjo Reijo Riikka Risto Saara Sami Sanna Sari Satu Tapio Teemu Tiina Timo Ville
    """,
    """
    Aalto Ahonen Anttila Hakala Halonen Harju Heikkinen Heino Hiltunen Hirvonen Holopainen Huttunen Ikonen Jokinen Kallio
    Karjalainen Karppinen Kauppinen Keskinen Kettunen Kinnunen Koivisto Kokkonen Korhonen Koskinen Kuusela Laakso Laaksonen
    Lahti Laine Laitinen Lampinen Lehto Lehtonen Leppanen Lindholm Manninen Markkanen Mattila Miettinen Mikkola Moilanen
    Mustonen Nieminen Niskanen Nurmi Ojala Oksanen Partanen Pekkala Peltola Pulkkinen Rantanen Rautio Salmi Salonen Savolainen
    Toivonen Tuominen Virtanen Vuorinen
    """,
)
_GERMAN = (
    """
    Alexander Andrea Andreas Angelika Anja Anna Barbara Bernd Birgit Carina Christian Christine Claudia Daniel Daniela
    Dieter Doris Elisabeth Eva Florian Frank Franziska Gabriele Georg Gerhard Hannah Heike Ines Jan Johannes Julia Karin
    Katharina Lena Lukas Manfred Maria Markus Martin Martina Matthias Michael Monika Nadine Nicole Oliver Patrick Peter
    Petra Sabine Sandra Sebastian Silke Stefan Susanne Thomas Ulrich Ute Verena Wolfgang
    """,
    """
    Albrecht Auer Bauer Baumann Baumgartner Becker Berger Binder Bischof Brandstetter Brunner Busch Dietrich Ebner Eder
    Egger Engel Fischer Frank Fuchs Graf Gruber Haas Hartmann Heinrich Hofer Hoffmann Holzer Horn Huber Jung Kaiser Keller
    Koch Koller Kraus Lang Lehner Leitner Lorenz Maier Mayer Moser Neumann Pichler Pohl Reiter Richter Riedl Roth Sauer
    Schmid Schneider Schuster Schwarz Seidl Steiner Stern Vogel Vogt Wagner Weber Wimmer Winkler Wolf Ziegler Zimmermann
    """,
)
_DUTCH = (
    """
    Anneke Annemarie Arjan Bart Bas Bram Carolien Chantal Corrie Daan Dennis Dirk Edwin Eline Ellen Erik Esther Femke Floor
    Frank Frits Gerard Hans Henk Ilse Ingrid Jaap Jan Janneke Jeroen Joost Jolanda Judith Karin Kees Koen Laura Leonie Lotte
    Maaike Marieke Mark Marleen Martijn Mieke Monique Niels Patrick Paul Petra Pieter Rob Ruud Saskia Sander Sjoerd Suzanne
    Tim Tom Wendy Willem Wouter
    """,
    """
    Aarts Bakker Blom Boer Bos Bosman Brouwer Dekker Dijkstra Driessen Evers Geerts Gerritsen Groen Hendriks Hermans Hoekstra
    Huisman Jacobs Jansen Janssen Jonker Kok Koning Koster Kramer Kuiper Kuipers Martens Meijer Molenaar Mulder Maas Peters
    Peeters Post Postma Prins Sanders Schipper Scholten Schouten Schuurman Smeets Smit Smits Timmermans Veenstra Verbeek
    Verhoeven Vermeer Vermeulen Visser Vos Vries Wiersma Willems Willemsen Wolters Zwart
    """,
)
_BELGIAN = (
    """
    Alain An Anke Annelies Axel Bart Benoit Brigitte Caroline Cedric Christophe Claire Daphne David Dirk Dominique Els
    Emilie Eric Fabienne Filip Frederic Geert Greet Griet Hilde Ilse Isabelle Jan Joke Joris Julien Karel Katrien Kristof
    Laurent Leen Lieve Louis Luc Marc Martine Nathalie Nele Olivier Pascal Patricia Peter Philippe Pieter Sabine Sarah
    Sophie Stefaan Steven Sylvie Thibault Tine Tom Veerle Wim
    """,
    """
    Aerts Baert Bernard Bogaert Bosmans Carlier Christiaens Claes Claeys Coppens Cools Cornelis Denis Desmet Dubois Dumont
    Dupont Evrard Fontaine Francois Geerts Gerard Goethals Goossens Hendrickx Hermans Jacobs Janssens Lambert Lambrechts
    Laurent Leclercq Lemmens Leroy Maes Martens Martin Mertens Michiels Moens Nijs Noel Pauwels Peeters Petit Renard Segers
    Simon Smets Stevens Thijs Thomas Timmermans Verbeke Verhaegen Verhoeven Verlinden Vermeulen Verstraete Wauters Willems
    Wouters
    """,
)
_SPANISH = (
    """
    Adriana Alberto Alejandro Alicia Alvaro Amparo Ana Andrea Antonio Beatriz Belen Blanca Carlos Carmen Carolina Clara
    Cristina Daniel David Diego Elena Enrique Esther Eva Federico Felipe Fernando Francisco Gloria Gonzalo Guillermo Ignacio
    Irene Isabel Javier Jorge Jose Juan Julia Laura Lorena Lucia Luis Manuel Marcos Maria Mario Marta Miguel Mercedes Natalia
    Nuria Pablo Pedro Pilar Rafael Raquel Ricardo Rosa Silvia Teresa
    """,
    """
    Aguilar Alonso Arias Benitez Blanco Bravo Caballero Cabrera Calvo Campos Cano Carmona Castillo Castro Cortes Crespo Cruz
    Delgado Diez Dominguez Duran Esteban Fernandez Ferrer Flores Fuentes Gallego Garrido Gil Gimenez Guerrero Herrera Herrero
    Hidalgo Iglesias Jimenez Lorenzo Lozano Marin Medina Molina Montero Morales Moreno Navarro Nieto Ortega Ortiz Pascual
    Prieto Ramos Reyes Rojas Romero Rubio Ruiz Santana Santos Sanz Serrano Soto Suarez Torres Vargas Vega Vidal Vicente
    """,
)
_PORTUGUESE = (
    """
    Afonso Alberto Alexandra Ana Andreia Antonio Armando Artur Augusto Beatriz Bruno Carla Carlos Catarina Cristina Daniel
    David Diogo Duarte Eduardo Elsa Fernanda Fernando Filipa Filipe Francisco Gabriela Helena Hugo Isabel Ivone Joana Jorge
    Jose Laura Leonor Lidia Luis Luisa Madalena Manuel Margarida Maria Mariana Mario Marta Miguel Nuno Olga Patricia Paulo
    Pedro Ricardo Rita Rosa Rui Sandra Sara Sofia Susana Teresa Tiago Vera Vasco
    """,
    """
    Abreu Almeida Alves Amaral Amorim Andrade Antunes Araujo Azevedo Baptista Barbosa Barros Batista Borges Branco Brito
    Cabral Campos Cardoso Carneiro Carvalho Castro Coelho Correia Costa Cunha Dias Domingues Duarte Esteves Faria Fernandes
    Ferreira Figueiredo Fonseca Freitas Garcia Gaspar Gomes Henriques Leal Leite Lopes Lourenco Macedo Machado Magalhaes
    Marques Martins Matos Melo Mendes Monteiro Morais Moreira Mota Moura Neves Nogueira Nunes Oliveira Pacheco Pereira Pinto
    Pires Ramos Reis Ribeiro Rocha Santos Silva Soares Sousa Tavares Teixeira Valente Vaz Vieira
    """,
)
_BRITISH = (
    """
    Adam Alan Alice Alison Andrew Angela Anthony Ben Bridget Caroline Catherine Charlotte Chris Claire Colin Craig Daniel
    David Deborah Diane Edward Eleanor Emma Fiona Gareth Gemma George Gillian Graham Hannah Harriet Helen Ian Jack James
    Janet Jennifer Joanne John Karen Kate Kevin Laura Liam Louise Malcolm Margaret Mark Martin Matthew Melanie Neil Nicola
    Nigel Oliver Paul Philip Rachel Rebecca Robert Ruth Sarah Simon Sophie Stephen Susan Tom Tracy Wendy
    """,
    """
    Adams Allen Armstrong Atkinson Bailey Barker Barnes Bennett Booth Bradley Brooks Burton Butler Carter Chambers Chapman
    Clarke Coleman Cooper Cox Davies Dawson Dixon Edwards Elliott Ellis Evans Fisher Fletcher Foster Gibson Graham Griffiths
    Hall Harper Harris Harvey Holmes Howard Hughes Hunter Jenkins Johnston Kelly Knight Lawrence Lewis Lloyd Marshall Mason
    Matthews Mills Mitchell Moore Morgan Murphy Newman Palmer Parker Pearce Phillips Powell Price Reid Reynolds Richards
    Roberts Rogers Russell Saunders Shaw Simpson Spencer Stevens Stewart Sutton Taylor Thomson Turner Wallis Ward Watson
    """,
)
_OF_ZONES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Europe/Copenhagen": _DANISH,
        "Europe/Oslo": _NORWEGIAN,
        "Europe/Helsinki": _FINNISH,
        "Europe/Berlin": _GERMAN,
        "Europe/Vienna": _GERMAN,
        "Europe/Amsterdam": _DUTCH,
        "Europe/Brussels": _BELGIAN,
        "Europe/Madrid": _SPANISH,
        "Europe/Lisbon": _PORTUGUESE,
    }
)


class CountryNames(NamedTuple):
    """First names and surnames of a country; their numbers have no common divisor, and neither is below 32."""

    first: Sequence[str]
    last: Sequence[str]

    @property
    def full_names(self) -> int:
        """Number of full names."""
        return len(self.first) * len(self.last)


@cache
def names_of(timezone: str) -> CountryNames:
    """Return the names of the country of a time zone; British ones for a zone of which none are known.

    >>> names_of("Europe/Lisbon").last[:3]
    ('Abreu', 'Almeida', 'Alves')
    """
    first, last = (tuple(dict.fromkeys(part.split())) for part in _OF_ZONES.get(timezone, _BRITISH))
    # No name is both, so that a first name alone is nobody else's surname.
    last = tuple(name for name in last if name not in first)
    while gcd(len(first), len(last)) != 1:
        last = last[:-1]
    return CountryNames(first, last)
